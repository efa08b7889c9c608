"""Content-Security-Policies of single views (CSP level 3)."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.http.state import Slot
from partita.security.errors import PolicyError
from partita.security.settings import NONCE

__all__ = (
    "CSP",
    "CSP_OVERRIDE",
    "CSP_REPORT_ONLY_OVERRIDE",
    "csp_override",
    "csp_report_only_override",
    "policy_problems",
    "policy_sources",
)

V = TypeVar("V", bound=Callable[..., Any])
Sources = Iterable[str] | str | bool | None
Policy = Mapping[str, Sources]
"""Sources by directive: several, or one text; True for a directive that has none, False or None to leave it out."""

CSP_OVERRIDE = Slot[Policy]("partita.security.csp_override")
"""The policy of this answer instead of the settings'; an empty one sends none."""
CSP_REPORT_ONLY_OVERRIDE = Slot[Policy]("partita.security.csp_report_only_override")
"""The same for the policy that is only tried."""


_DIRECTIVES = frozenset({
    "default-src", "child-src", "connect-src", "fenced-frame-src", "font-src", "frame-src", "img-src", "manifest-src", "media-src",
    "object-src", "prefetch-src", "script-src", "script-src-attr", "script-src-elem", "style-src", "style-src-attr", "style-src-elem",
    "worker-src", "base-uri", "form-action", "frame-ancestors", "navigate-to", "sandbox", "report-to", "report-uri",
    "require-trusted-types-for", "trusted-types", "block-all-mixed-content", "upgrade-insecure-requests", "webrtc",
})  # fmt: skip
_SCRIPTS = ("script-src", "script-src-elem", "script-src-attr")
_TRUSTED = ("'nonce-", "'sha256-", "'sha384-", "'sha512-")
_ANYWHERE = re.compile(r"(?:https?:|data:|(?:https?://)?\*(?::\*)?)/?")
_MORE_WORDS = frozenset({
    "'allow-duplicates'", "'inline-speculation-rules'", "'report-sha256'", "'report-sha384'", "'report-sha512'", "'script'",
    "'trusted-types-eval'", "'unsafe-allow-redirects'", "'webrtc'", "'allow'", "'block'",
})  # fmt: skip


class CSP:
    """The sources that are words, so that nobody forgets their quotes."""

    NONE = "'none'"
    REPORT_SAMPLE = "'report-sample'"
    SELF = "'self'"
    STRICT_DYNAMIC = "'strict-dynamic'"
    UNSAFE_EVAL = "'unsafe-eval'"
    UNSAFE_HASHES = "'unsafe-hashes'"
    UNSAFE_INLINE = "'unsafe-inline'"
    WASM_UNSAFE_EVAL = "'wasm-unsafe-eval'"
    NONCE = NONCE


def csp_override(config: Policy) -> Callable[[V], V]:
    """Send another ``Content-Security-Policy`` with the answers of one view.

    Args:
        config: Sources by directive; empty sends none.

    Raises:
        PolicyError: If it cannot be written.
    """
    return _overriding(CSP_OVERRIDE, config)


def csp_report_only_override(config: Policy) -> Callable[[V], V]:
    """Send another ``Content-Security-Policy-Report-Only`` with the answers of one view."""
    return _overriding(CSP_REPORT_ONLY_OVERRIDE, config)


def policy_sources(policy: Policy) -> dict[str, tuple[str, ...]]:
    """Return the sources of each directive, however they were given; a text is one source, and sets are in order.

    Raises:
        PolicyError: If what was given is none of what `Policy` may hold.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, sources in policy.items():
        if sources is None or sources is False:
            continue
        if sources is True:
            found[name] = ()
        elif isinstance(sources, str):
            found[name] = (sources,)
        elif isinstance(sources, Iterable):
            found[name] = tuple(sorted(sources) if isinstance(sources, set | frozenset) else sources)
        else:
            raise PolicyError(name, repr(sources), "a list of sources, such as [\"'self'\"]")
    return found


def policy_problems(policy: Policy) -> list[str]:
    """Return what is unsafe or without effect in a policy, in a sentence each."""
    directives = policy_sources(policy)
    problems: list[str] = []
    if "script-src" not in directives and "default-src" not in directives:
        problems.append("Neither script-src nor default-src is there, so scripts come from anywhere.")
    for name in _SCRIPTS:
        # Those for tags and for attributes take the place of script-src, where they are there.
        sources = directives.get(name, directives.get("default-src", ()) if name == "script-src" else ())
        problems += _script_problems(name, sources)
    if directives.get("object-src", directives.get("default-src")) not in {(CSP.NONE,)}:
        problems.append("object-src is not 'none', so plug-ins load.")
    if "base-uri" not in directives:
        problems.append(
            "base-uri is missing, so an injected <base> moves all relative scripts; default-src does not cover it."
        )
    for name, sources in directives.items():
        problems += _word_problems(name, sources)
    return problems


def _script_problems(name: str, sources: Sequence[str]) -> Iterator[str]:
    trusted = any(source == NONCE or source.startswith(_TRUSTED) for source in sources)
    if CSP.STRICT_DYNAMIC in sources and not trusted:
        yield f"{name} has 'strict-dynamic' without a nonce or a hash, so no script runs."
    if CSP.UNSAFE_INLINE in sources and not trusted and CSP.STRICT_DYNAMIC not in sources:
        yield f"{name} has 'unsafe-inline', so whoever injects a script tag runs it."
    if CSP.UNSAFE_EVAL in sources:
        yield f"{name} has 'unsafe-eval', so text becomes code."
    if any(_ANYWHERE.fullmatch(source) for source in sources) and CSP.STRICT_DYNAMIC not in sources:
        yield f"{name} takes scripts from any site."


def _word_problems(name: str, sources: Sequence[str]) -> Iterator[str]:
    words = {each for each in vars(CSP).values() if isinstance(each, str) and each[:1] == "'"}
    if name not in _DIRECTIVES:
        yield f"{name} is no directive that browsers know, so it has no effect."
    if CSP.NONE in sources and len(sources) > 1:
        yield f"{name} has 'none' beside other sources, which makes it void."
    for source in sources:
        if f"'{source}'" in words:
            yield f"{name} has the source {source} without its quotes, which is the name of a host."
        elif source[:1] == "'" and source.lower() not in words | _MORE_WORDS and not source.startswith(_TRUSTED):
            yield f"{name} has {source}, which is none of the words in quotes that browsers know."
        elif source.startswith(_TRUSTED) and source[-1] != "'":
            yield f"{name} has {source} without its quote at the end."
    if name == "frame-ancestors" and any(_ANYWHERE.fullmatch(source) for source in sources):
        yield "frame-ancestors lets any site put the pages into a frame."


def _overriding(slot: Slot[Policy], config: Policy) -> Callable[[V], V]:
    if not isinstance(config, Mapping):
        raise PolicyError("Content-Security-Policy", repr(config), "a mapping of directives to sources")
    from partita.security.headers import format_policy  # which imports this module

    config = policy_sources(config)
    format_policy(config)  # what cannot be written is told here, and not to visitors

    def decorate(view: V) -> V:
        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: object, **kwargs: object) -> Any:
                request.state.fill(slot, config)
                return await view(request, *args, **kwargs)

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Any, *args: object, **kwargs: object) -> Any:
            request.state.fill(slot, config)
            return view(request, *args, **kwargs)

        return cast("V", calling)

    return decorate
