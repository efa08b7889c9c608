"""Limits: how they count, where the counts are, and what clients are told."""

import asyncio
import os
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.http import Request, Response, Slot, TooManyRequests
from partita.http.drafts import HttpRequest, HttpResponse
from partita.security import (
    RATES,
    Decision,
    MemoryRates,
    PolicyError,
    Rates,
    RedisRates,
    Rule,
    by,
    by_ip,
    by_route,
    by_user,
    rate_limit,
    rate_limit_middleware,
)
from partita.security.rate_limit import without_limits

USER = Slot[Any]("test.user")


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class Redis:
    """As much of a client as `RedisRates` needs, over a socket (RESP 2)."""

    async def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", 6379)
        try:
            words = [str(each).encode() for each in ("EVAL", script, numkeys, *keys_and_args)]
            writer.write(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(each), each) for each in words))
            return await self._answer(reader)
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader) -> Any:
        line = (await reader.readline()).decode().strip()
        kind, rest = line[0], line[1:]
        if kind == "*":
            return [await self._answer(reader) for _ in range(int(rest))]
        if kind == "$":
            data = await reader.readexactly(int(rest) + 2)
            return data[:-2].decode()
        if kind == "-":
            raise OSError(rest)
        return int(rest) if kind == ":" else rest


def redis_rates() -> Rates:
    async def reachable() -> bool:
        try:
            await Redis().eval("return 1", 0)
        except OSError:
            return False
        return True

    if not asyncio.run(reachable()):
        if os.environ.get("CI"):
            pytest.fail("Redis is not running on this machine")
        pytest.skip("Redis is not running on this machine")
    return RedisRates(Redis(), f"partita-test:{secrets.token_hex(8)}:")


@pytest.fixture(params=[MemoryRates, redis_rates])
def rates(request: pytest.FixtureRequest) -> Rates:
    make: Callable[[], Rates] = request.param
    return make()


def hits(rates: Rates, rule: Rule, number: int, key: str = "k") -> list[bool]:
    async def all_of_them() -> list[Decision]:
        return [await rates.hit(key, rule) for _ in range(number)]

    return [decision.allowed for decision in asyncio.run(all_of_them())]


@pytest.mark.parametrize("algorithm", ["sliding-window", "token-bucket"])
def test_so_many_are_allowed_and_no_more(rates: Rates, algorithm: Any) -> None:
    rule = Rule(3, 3600, algorithm)
    assert hits(rates, rule, 5) == [True, True, True, False, False]
    assert hits(rates, rule, 1, "somebody else") == [True]
    assert hits(rates, Rule(1, 3600, algorithm, name="other"), 2) == [True, False]


@pytest.mark.parametrize("algorithm", ["sliding-window", "token-bucket"])
def test_of_many_at_once_only_so_many_are_allowed(rates: Rates, algorithm: Any) -> None:
    async def rush() -> int:
        found = await asyncio.gather(*[rates.hit("k", Rule(10, 3600, algorithm)) for _ in range(40)])
        return sum(decision.allowed for decision in found)

    assert asyncio.run(rush()) == 10


def test_the_decision_says_what_is_left_and_when_to_come_again(rates: Rates) -> None:
    rule = Rule(2, 3600, "token-bucket")

    async def ask() -> list[Decision]:
        return [await rates.hit("k", rule) for _ in range(3)]

    first, second, third = asyncio.run(ask())
    assert (first.remaining, second.remaining, third.remaining) == (1, 0, 0)
    assert first.retry_after == 0
    assert 1700 < third.retry_after <= 1800
    assert asyncio.run(rates.hit("costly", rule, cost=2)).remaining == 0


def test_a_window_slides() -> None:
    clock = Clock()
    rates, rule = MemoryRates(clock=clock), Rule(10, 100)
    assert hits(rates, rule, 11).count(True) == 10
    clock.now += 100  # the whole of the last period still counts
    assert hits(rates, rule, 1) == [False]
    clock.now += 50  # half of it
    assert hits(rates, rule, 6).count(True) == 5
    clock.now += 1000
    assert hits(rates, rule, 11).count(True) == 10


def test_a_bucket_refills_steadily_and_holds_a_burst() -> None:
    clock = Clock()
    rates, rule = MemoryRates(clock=clock), Rule(60, 60, "token-bucket", burst=5)
    assert hits(rates, rule, 6) == [True] * 5 + [False]
    clock.now += 2
    assert hits(rates, rule, 3) == [True, True, False]
    clock.now += 1000
    assert hits(rates, rule, 6).count(True) == 5


@given(st.lists(st.floats(0, 40), max_size=60), st.sampled_from(["sliding-window", "token-bucket"]))
def test_whoever_waits_as_long_as_he_is_told_is_allowed(pauses: list[float], algorithm: Any) -> None:
    clock = Clock()
    rates, rule = MemoryRates(clock=clock), Rule(4, 20, algorithm)
    for pause in pauses:
        clock.now += pause
        decision = asyncio.run(rates.hit("k", rule))
        assert 0 <= decision.remaining <= 4
        if not decision.allowed:
            clock.now += decision.retry_after + 0.002
            assert asyncio.run(rates.hit("k", rule)).allowed


def test_memory_is_bounded() -> None:
    rates, rule = MemoryRates(max_keys=10), Rule(1, 3600)
    for number in range(100):
        hits(rates, rule, 1, str(number))
    assert len(rates._counts) == 10


@pytest.mark.parametrize(
    ("text", "limit", "period"), [("100/hour", 100, 3600), ("5/10s", 5, 10), ("1/day", 1, 86_400), ("2/minutes", 2, 60)]
)
def test_rules_are_read_from_text(text: str, limit: int, period: int) -> None:
    rule = Rule.parse(text)
    assert (rule.limit, rule.period) == (limit, period)


@pytest.mark.parametrize("text", ["", "5", "5/", "0/s", "-1/s", "5/fortnight", "5/0s", "a/s"])
def test_what_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        Rule.parse(text)


def test_keys_say_who_asks() -> None:
    def at(address: str, **options: Any) -> Request:
        return Request.build(client=(address, 1), **options)

    assert by_ip(at("192.0.2.1")) == "192.0.2.1"
    assert by_ip(at("2001:db8::1")) == by_ip(at("2001:db8::ffff")) == "2001:db8::"
    assert by_ip(at("::ffff:192.0.2.1")) == "192.0.2.1"
    request = at("192.0.2.1", path="/a/")
    assert by_user(request) == "ip:192.0.2.1"
    request.state.fill(USER, type("User", (), {"pk": 7})())
    assert by(by_user, by_route)(request) == "user:7|/a/"
    assert by(by_ip, lambda request: None)(request) is None


async def view(request: Request) -> Response:
    return Response.text("ok")


def test_the_layer_answers_429_with_the_fields_of_the_draft() -> None:
    handler = rate_limit_middleware(["2/hour", "3/day"], MemoryRates(), exempt=["/health"])(view)

    def ask(path: str = "/") -> Response:
        return asyncio.run(handler(Request.build("GET", path)))

    first = ask()
    assert first.headers["ratelimit-policy"] == '"default";q=2;w=3600, "default-2";q=3;w=86400'
    assert first.headers["ratelimit"].startswith('"default";r=1;t=')
    ask()
    third = ask()
    assert third.status == 429
    assert int(third.headers["retry-after"]) > 0
    assert third.headers["ratelimit"].startswith('"default";r=0;t=')
    assert ask("/health").status == 200


class Broken:
    async def hit(self, key: str, rule: Rule, cost: int = 1) -> Decision:
        raise ConnectionError


def test_without_its_store_the_layer_lets_through_or_not_as_it_was_told(caplog: pytest.LogCaptureFixture) -> None:
    request = Request.build()
    assert asyncio.run(rate_limit_middleware(["1/s"], Broken())(view)(request)).status == 200
    assert "cannot be reached" in caplog.text
    with pytest.raises(Exception, match="503"):
        asyncio.run(rate_limit_middleware(["1/s"], Broken(), fail_open=False)(view)(request))


class _App:
    def __init__(self) -> None:
        self.rates = MemoryRates()

    def require(self, key: object) -> Any:
        assert key is RATES
        return self.rates


def test_a_view_has_a_limit_of_its_own() -> None:
    @rate_limit("1/hour")
    async def native(request: Request) -> Response:
        return Response.text("native")

    @rate_limit("1/hour")
    def draft(request: HttpRequest) -> HttpResponse:
        return HttpResponse("draft")

    async def ask() -> None:
        request = Request.build()
        assert "ratelimit" in (await native(request)).headers
        answer: Any = draft(HttpRequest(request))
        assert "ratelimit" in (await answer).headers
        with pytest.raises(TooManyRequests):
            await native(request)

    token = CURRENT.set(_App())  # type: ignore[arg-type]
    try:
        asyncio.run(ask())
    finally:
        CURRENT.reset(token)


def test_a_limit_without_rules_or_with_two_of_one_name_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one rule"):
        rate_limit()
    with pytest.raises(ValueError, match="same name"):
        rate_limit(Rule(1, 1), Rule(2, 2))


PASS = "load-test-0123456789abcdef0123456789"


def test_who_has_the_pass_is_not_counted() -> None:
    handler = rate_limit_middleware(["1/hour"], MemoryRates(), let_pass=PASS)(view)

    async def ask(**headers: str) -> int:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return (await handler(Request.build(headers=named))).status

    async def main() -> list[int]:
        passed = [await ask(x_ratelimit_pass=PASS) for _ in range(5)]
        return [
            *passed,
            await ask(),
            await ask(x_ratelimit_pass=PASS + "x"),
            await ask(x_ratelimit_pass="é"),
            await ask(),
        ]

    assert asyncio.run(main()) == [200, 200, 200, 200, 200, 200, 429, 429, 429]


@pytest.mark.parametrize("secret", ["short", "é" * 40, "a\n" * 40])
def test_a_pass_that_can_be_guessed_is_refused(secret: str) -> None:
    with pytest.raises(PolicyError, match="rate_limit_pass"):
        rate_limit_middleware(["1/hour"], MemoryRates(), let_pass=secret)


def test_without_limits_nothing_is_counted_here_and_elsewhere_all() -> None:
    handler = rate_limit_middleware(["1/hour"], MemoryRates())(view)

    async def ask() -> int:
        return (await handler(Request.build())).status

    async def main() -> list[int]:
        with without_limits():
            free = [await ask() for _ in range(3)]
        return [*free, await ask(), await ask()]

    assert asyncio.run(main()) == [200, 200, 200, 200, 429]


def test_a_burst_is_let_through_and_then_the_steady_rate_holds() -> None:
    now = [0.0]
    rule = Rule.parse("60/minute", algorithm="token-bucket", burst=5)
    handler = rate_limit_middleware([rule], MemoryRates(clock=lambda: now[0]))(view)

    async def ask(times: int) -> list[int]:
        return [(await handler(Request.build())).status for _ in range(times)]

    assert asyncio.run(ask(6)) == [200, 200, 200, 200, 200, 429]
    now[0] = 2.0
    assert asyncio.run(ask(3)) == [200, 200, 429]


def test_the_client_of_redis_never_runs_out_of_connections() -> None:
    """One that has none left raises, and an error lets requests pass."""
    redis_rates()  # skips where there is none

    class Narrow(Redis):
        """Has ten connections, as it were."""

        def __init__(self) -> None:
            self.most = self.now = 0

        async def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any:
            self.now += 1
            self.most = max(self.most, self.now)
            try:
                if self.now > 10:
                    raise OSError("Too many connections")
                return await super().eval(script, numkeys, *keys_and_args)
            finally:
                self.now -= 1

    client = Narrow()
    rates = RedisRates(client, f"partita-test:{secrets.token_hex(8)}:", at_once=10)

    async def rush() -> int:
        found = await asyncio.gather(*[rates.hit("k", Rule(20, 3600)) for _ in range(100)])
        return sum(decision.allowed for decision in found)

    assert asyncio.run(rush()) == 20
    assert client.most == 10
