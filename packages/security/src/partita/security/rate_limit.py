"""Answers 429 to whoever asks too often (RFC 6585, section 4; draft-ietf-httpapi-ratelimit-headers-10)."""

import hmac
import ipaddress
import logging
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast

from partita.contracts.current import require
from partita.http.around import changed, is_draft_request
from partita.http.errors import StatusError, TooManyRequests
from partita.http.handlers import Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response
from partita.security.errors import PolicyError
from partita.security.rates import RATES, Decision, Rates, Rule

__all__ = (
    "KeyOf",
    "by",
    "by_ip",
    "by_route",
    "by_user",
    "limit_response",
    "rate_limit",
    "rate_limit_middleware",
    "without_limits",
)

V = TypeVar("V", bound=Callable[..., Any])
KeyOf = Callable[[Request], str | None]
"""Says who asks; None leaves the request uncounted."""

_log = logging.getLogger("partita.security.rate_limit")
_SHORTEST_PASS = 32
_unlimited: ContextVar[bool] = ContextVar("partita.security.unlimited", default=False)


def by_ip(request: Request) -> str:
    """Count by the client's address; of IPv6 by its network of 64 bits, for everybody has billions of addresses in one."""
    if request.client is None:
        return "unix"
    try:
        address = ipaddress.ip_address(request.client[0])
    except ValueError:
        return request.client[0][:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.IPv6Network((address, 64), strict=False).network_address)
    return str(address)


def by_user(request: Request) -> str:
    """Count by the user who is logged in, and by address for everybody else."""
    user: Any = request.state.get_by_name("user")
    key = getattr(user, "pk", None)
    return f"ip:{by_ip(request)}" if key is None else f"user:{key}"


def by_route(request: Request) -> str:
    """Count by the route, so that each has a count of its own; only where it is known, as in a view."""
    match: Any = request.state.get_by_name("match")
    return request.path[:200] if match is None else str(match.route)


def by(*parts: KeyOf) -> KeyOf:
    """Count by several things together, such as ``by(by_user, by_route)``."""

    def together(request: Request) -> str | None:
        found = [part(request) for part in parts]
        return None if None in found else "|".join([each.replace("|", "%7C") for each in found if each is not None])

    return together


def rate_limit_middleware(
    rules: Iterable[Rule | str],
    rates: Rates,
    key: KeyOf = by_ip,
    *,
    exempt: Iterable[str] = (),
    fail_open: bool = True,
    let_pass: str = "",
) -> Middleware:
    """Return a middleware that limits all requests.

    Args:
        rules: All of them must allow a request; texts are as for `Rule.parse`.
        rates: Keeps the counts.
        key: Who asks.
        exempt: Beginnings of paths that are not counted, such as ``/health``.
        fail_open: Whether requests are answered while the store cannot be reached; otherwise 503.
        let_pass: A secret; requests that send it as ``X-RateLimit-Pass`` are not counted, such as those of load tests.

    Raises:
        PolicyError: If a rule is none, or the secret is one that could be guessed.
    """
    limits, prefixes, is_let_pass = _rules(rules), tuple(exempt), _pass(let_pass)

    def middleware(handler: Handler) -> Handler:
        async def limited(request: Request) -> Response:
            if (prefixes and request.path.startswith(prefixes)) or is_let_pass(request) or _unlimited.get():
                return await handler(request)
            who = key(request)
            if who is None:
                return await handler(request)
            rule, decision = await _ask(rates, who, limits, fail_open)
            if rule is None or decision is None:
                return await handler(request)
            if not decision.allowed:
                _log.warning("Too many requests by %s: %s %r", ascii(who[:80]), request.method, request.path[:200])
                return Response.error(_refusal(rule, decision))
            return limit_response(await handler(request), limits, rule, decision)

        return limited

    return middleware


def rate_limit(*rules: Rule | str, key: KeyOf = by_ip, fail_open: bool = True, scope: str = "") -> Callable[[V], V]:
    """Limit one view, with the counts of the current application.

    Args:
        rules: Such as ``"5/minute"``; all of them must allow a request.
        key: Who asks.
        fail_open: See `rate_limit_middleware`.
        scope: Views with the same one share their counts; each has its own by default.

    Raises:
        TooManyRequests: At a request, if it is one too many; it becomes 429.
    """
    limits = _rules(rules)

    def decorate(view: V) -> V:
        own = scope or f"{view.__module__}.{view.__qualname__}"

        async def ask(request: Any) -> tuple[Rule | None, Decision | None]:
            native = request.seal() if is_draft_request(request) else request
            who = None if _unlimited.get() else key(native)
            if who is None:
                return None, None
            rule, decision = await _ask(require(RATES), f"{own}|{who}", limits, fail_open)
            if rule is not None and decision is not None and not decision.allowed:
                raise _refusal(rule, decision)
            return rule, decision

        def mark(response: Response, rule: Rule | None, decision: Decision | None) -> Response:
            if rule is None or decision is None:
                return response
            return changed(response, lambda given: limit_response(given, limits, rule, decision))

        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: object, **kwargs: object) -> Response:
                found = await ask(request)
                return mark(await view(request, *args, **kwargs), *found)

            return cast("V", awaiting)

        @wraps(view)
        async def through_thread(request: Any, *args: object, **kwargs: object) -> Response:
            from partita.bridge import in_thread  # for sync views alone

            found = await ask(request)
            return mark(await in_thread(view, request, *args, **kwargs), *found)

        return cast("V", through_thread)

    return decorate


@contextmanager
def without_limits() -> Iterator[None]:
    """Count nothing within, for tests and for what operators do; holds for what runs in this context alone."""
    token = _unlimited.set(True)
    try:
        yield
    finally:
        _unlimited.reset(token)


def limit_response(response: Response, limits: Sequence[Rule], rule: Rule, decision: Decision) -> Response:
    """Return ``response`` with the fields that say how much is left.

    Args:
        response: To a request that was allowed.
        limits: All rules, for ``RateLimit-Policy``.
        rule: The one that is nearest to its end.
        decision: By that rule.
    """
    response = response.with_header("RateLimit-Policy", ", ".join([_policy(each) for each in limits]))
    return response.with_header("RateLimit", _state(rule, decision))


async def _ask(rates: Rates, who: str, limits: Sequence[Rule], fail_open: bool) -> tuple[Rule | None, Decision | None]:
    """Return the first rule that refuses, or else the one with the least left."""
    tightest: tuple[Rule, Decision] | None = None
    for rule in limits:
        try:
            decision = await rates.hit(who, rule)
        except Exception as error:
            _log.error("The store of the rate limit cannot be reached", exc_info=error)
            if fail_open:
                return None, None
            raise StatusError(503, "Please try again in a moment.", [("Retry-After", "5")]) from error
        if not decision.allowed:
            return rule, decision
        if tightest is None or decision.remaining < tightest[1].remaining:
            tightest = rule, decision
    return tightest or (None, None)


def _pass(secret: str) -> Callable[[Request], bool]:
    if not secret:
        return lambda request: False
    if len(secret) < _SHORTEST_PASS or not secret.isascii() or not secret.isprintable():
        raise PolicyError("rate_limit_pass", "", f"{_SHORTEST_PASS} or more ASCII characters that nobody can guess")
    right = secret.encode()

    def passes(request: Request) -> bool:
        given = request.headers.get("x-ratelimit-pass")
        return given is not None and hmac.compare_digest(given.encode("utf-8", "surrogatepass"), right)

    return passes


def _refusal(rule: Rule, decision: Decision) -> TooManyRequests:
    wait = str(max(1, math.ceil(decision.retry_after)))
    fields = [("Retry-After", wait), ("RateLimit-Policy", _policy(rule)), ("RateLimit", _state(rule, decision))]
    return TooManyRequests(headers=fields)


def _policy(rule: Rule) -> str:
    return f'"{rule.name}";q={rule.capacity};w={rule.period}'


def _state(rule: Rule, decision: Decision) -> str:
    seconds = decision.reset_after if decision.allowed else decision.retry_after
    return f'"{rule.name}";r={decision.remaining};t={math.ceil(seconds)}'


def _rules(given: Iterable[Rule | str]) -> tuple[Rule, ...]:
    rules = []
    for number, each in enumerate(given):
        name = "default" if number == 0 else f"default-{number + 1}"
        rules.append(Rule.parse(each, name=name) if isinstance(each, str) else each)
    if not rules:
        raise ValueError("a rate limit needs at least one rule, such as '100/hour'")
    if len({rule.name for rule in rules}) < len(rules):
        raise ValueError("two rules of one limit have the same name, so they would share their counts")
    return tuple(rules)
