"""Whether an address that a request brought leads where it may lead."""

import unicodedata
from collections.abc import Collection

__all__ = ("MAX_URL_LENGTH", "escape_leading_slashes", "is_same_domain", "url_has_allowed_host_and_scheme")

MAX_URL_LENGTH = 2048  # characters


def url_has_allowed_host_and_scheme(
    url: str | None, allowed_hosts: Collection[str] | str | None = None, require_https: bool = False
) -> bool:
    """Tell whether a redirect to ``url`` stays on this site, or goes to one of ``allowed_hosts``.

    Use it before redirecting to what a form or a query said. The answer holds for browsers, which take backslashes for
    slashes, skip line breaks and leading controls, and need no ``//`` after ``http:``.

    Args:
        url: At most 2048 characters.
        allowed_hosts: Hosts as they stand in a URL, with port and user if there is one.
        require_https: Refuse ``http`` addresses, for requests that came by ``https``.
    """
    url = (url or "").strip()
    if not url or len(url) > MAX_URL_LENGTH:
        return False
    hosts = {allowed_hosts} if isinstance(allowed_hosts, str) else set(allowed_hosts or ())
    schemes = {"https"} if require_https else {"http", "https"}
    return all(_leads_to(form, hosts, schemes) for form in {url, url.replace("\\", "/")})


def _leads_to(url: str, hosts: set[str], schemes: set[str]) -> bool:
    from urllib.parse import urlsplit

    if url.startswith("///") or unicodedata.category(url[0]).startswith("C"):
        return False
    try:
        scheme, host, *_ = urlsplit(url)
    except ValueError:  # such as a bracket of an IPv6 address that is not closed
        return False
    if not host:
        return not scheme
    return host in hosts and (scheme or "http") in schemes


def is_same_domain(host: str, pattern: str) -> bool:
    """Tell whether ``host`` is ``pattern``, or a subdomain of it if ``pattern`` begins with a dot; in lower case, ports count."""
    if not pattern:
        return False
    pattern = pattern.lower()
    return host == pattern or (pattern[0] == "." and (host.endswith(pattern) or host == pattern[1:]))


def escape_leading_slashes(url: str) -> str:
    """Return a path that browsers cannot take for a host: ``//a`` becomes ``/%2Fa``."""
    return f"/%2F{url[2:]}" if url.startswith("//") else url
