"""Names of hosts: with and without a port, and whether one fits a list of patterns."""

import re
from collections.abc import Iterable

__all__ = ("LOCAL_HOSTS", "host_fits", "split_domain_port")

LOCAL_HOSTS = ("localhost", ".localhost", "127.0.0.1", "[::1]")
"""What is allowed while developing if nothing else is said; keeps other sites' pages from reaching a local server."""

_HOST = re.compile(r"([A-Za-z0-9._\-]+|\[[0-9A-Fa-f]*:[0-9A-Fa-f.:]+\])(?::([0-9]{1,5}))?")


def split_domain_port(host: str) -> tuple[str, str]:
    """Return the name in lower case without the dot of the root, and the port as it stands; two empty texts if it is no host."""
    found = _HOST.fullmatch(host)
    if found is None:
        return "", ""
    return found[1].lower().removesuffix("."), found[2] or ""


def host_fits(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a host fits one of ``patterns``.

    Args:
        name: In lower case and without a port.
        patterns: A leading dot takes in the name and all below, ``*`` takes any.
    """
    return any(
        pattern == "*"
        or name == pattern
        or (pattern.startswith(".") and (name.endswith(pattern) or name == pattern[1:]))
        for pattern in map(str.lower, patterns)
    )
