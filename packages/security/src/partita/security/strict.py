"""A Content-Security-Policy of hashes and Trusted Types: only scripts that are known word for word run (CSP level 3)."""

import base64
from collections.abc import Iterable
from hashlib import sha256, sha384, sha512
from typing import Literal

from partita.security.settings import NONCE

__all__ = ("script_hash", "strict_policy")

_DIGESTS = {"sha256": sha256, "sha384": sha384, "sha512": sha512}


def script_hash(text: str, algorithm: Literal["sha256", "sha384", "sha512"] = "sha256") -> str:
    """Return the source that lets an inline script or style run, such as ``'sha256-…'``.

    Hash what a template has between ``<script>`` and ``</script>``, every space of it; never what a page has that was made of
    visitors' words, or an injected script would be let in with the others.

    Args:
        text: Between the tags.
        algorithm: Name of the digest.
    """
    digest = _DIGESTS[algorithm](text.encode()).digest()
    return f"'{algorithm}-{base64.b64encode(digest).decode()}'"


def strict_policy(
    scripts: Iterable[str] = (),
    *,
    nonce: bool = True,
    trusted_types: Iterable[str] | None = (),
    report_to: str = "",
) -> dict[str, tuple[str, ...]]:
    """Return a policy under which neither injected tags nor injected text become scripts; for ``[security]`` or `csp_override`.

    Args:
        scripts: Texts of inline scripts that run, with all that these load.
        nonce: Whether scripts with the nonce of the answer run as well.
        trusted_types: Names of the policies that scripts may make; with none, text never becomes a part of the page that
            runs. None leaves Trusted Types out, for pages whose scripts are not ready for them.
        report_to: Name of a reporting endpoint.
    """
    sources = [script_hash(text) for text in scripts]
    policy: dict[str, tuple[str, ...]] = {
        "default-src": ("'self'",),
        # 'strict-dynamic' leaves only nonces and hashes; browsers that do not know it take 'self'.
        "script-src": ("'strict-dynamic'", *sources, *([NONCE] if nonce else []), "'self'", "'report-sample'"),
        "style-src": ("'self'", *([NONCE] if nonce else [])),
        "object-src": ("'none'",),
        "base-uri": ("'none'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'none'",),
    }
    if trusted_types is not None:
        policy["require-trusted-types-for"] = ("'script'",)
        policy["trusted-types"] = tuple(trusted_types) or ("'none'",)
    if report_to:
        policy["report-to"] = (report_to,)
    return policy
