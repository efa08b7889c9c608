"""Content-Security-Policies of single views (CSP level 3)."""

from collections.abc import Callable, Iterable, Mapping
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
)

V = TypeVar("V", bound=Callable[..., Any])
Policy = Mapping[str, Iterable[str]]

CSP_OVERRIDE = Slot[Policy]("partita.security.csp_override")
"""The policy of this answer instead of the settings'; an empty one sends none."""
CSP_REPORT_ONLY_OVERRIDE = Slot[Policy]("partita.security.csp_report_only_override")
"""The same for the policy that is only tried."""


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
    """
    return _overriding(CSP_OVERRIDE, config)


def csp_report_only_override(config: Policy) -> Callable[[V], V]:
    """Send another ``Content-Security-Policy-Report-Only`` with the answers of one view."""
    return _overriding(CSP_REPORT_ONLY_OVERRIDE, config)


def policy_problems(policy: Policy) -> list[str]:
    """Return what is unsafe or without effect in a policy, in a sentence each."""
    problems: list[str] = []
    directives = {name: tuple(sources) for name, sources in policy.items()}
    scripts = directives.get("script-src", directives.get("default-src"))
    if scripts is None:
        problems.append("Neither script-src nor default-src is there, so scripts come from anywhere.")
    else:
        trusted = any(source == NONCE or source.startswith(("'nonce-", "'sha")) for source in scripts)
        if CSP.UNSAFE_INLINE in scripts and not trusted:
            problems.append("script-src has 'unsafe-inline', so whoever injects a script tag runs it.")
        if CSP.UNSAFE_EVAL in scripts:
            problems.append("script-src has 'unsafe-eval', so text becomes code.")
        if any(source in {"*", "http:", "https:", "data:"} for source in scripts) and CSP.STRICT_DYNAMIC not in scripts:
            problems.append("script-src takes scripts from any site.")
    if directives.get("object-src", directives.get("default-src")) not in {(CSP.NONE,)}:
        problems.append("object-src is not 'none', so plug-ins load.")
    if "base-uri" not in directives:
        problems.append(
            "base-uri is missing, so an injected <base> moves all relative scripts; default-src does not cover it."
        )
    for name, sources in directives.items():
        if CSP.NONE in sources and len(sources) > 1:
            problems.append(f"{name} has 'none' beside other sources, which makes it void.")
        for source in sources:
            bare = f"'{source}'"
            if bare in vars(CSP).values():
                problems.append(f"{name} has the source {source} without its quotes, which is the name of a host.")
    return problems


def _overriding(slot: Slot[Policy], config: Policy) -> Callable[[V], V]:
    if not isinstance(config, Mapping):
        raise PolicyError("Content-Security-Policy", repr(config), "a mapping of directives to sources")

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
