"""Where counts are kept: in this process, or in Redis for all processes and machines."""

import asyncio
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Protocol

from partita.security.rates import Decision, Rule, decide_bucket, decide_window

__all__ = ("MemoryRates", "RedisClient", "RedisRates")


class MemoryRates:
    """Counts of one process; the oldest are forgotten when there are too many.

    Args:
        max_keys: Kept at once, so that nobody fills the memory with addresses.
        clock: Seconds since 1970.
    """

    __slots__ = ("_clock", "_counts", "_lock", "_max_keys")

    def __init__(self, max_keys: int = 100_000, clock: Callable[[], float] = time.time) -> None:
        self._max_keys, self._clock = max_keys, clock
        self._counts: OrderedDict[tuple[str, str], tuple[float, float, float]] = OrderedDict()
        self._lock = threading.Lock()

    async def hit(self, key: str, rule: Rule, cost: int = 1) -> Decision:
        """See `Rates.hit`."""
        with self._lock:
            now, place = self._clock(), (rule.name, key)
            found = self._counts.pop(place, None)
            if rule.algorithm == "token-bucket":
                tokens, seen, _ = found or (float(rule.capacity), now, 0.0)
                decision, tokens = decide_bucket(rule, tokens, now - seen, cost)
                self._counts[place] = (tokens, now, 0.0)
            else:
                period = now // rule.period
                which, current, before = found or (period, 0.0, 0.0)
                if which != period:
                    before, current = (current, 0.0) if which == period - 1 else (0.0, 0.0)
                decision, counted = decide_window(rule, now, int(before), int(current), cost)
                self._counts[place] = (period, counted, before)
            while len(self._counts) > self._max_keys:
                self._counts.popitem(last=False)
            return decision


class RedisClient(Protocol):
    """The one method that is needed of a client; ``redis.asyncio.Redis`` and its like have it."""

    async def eval(self, script: str, numkeys: int, *keys_and_args: Any) -> Any:
        """Run a Lua script atomically and return what it returns."""
        ...


# Redis' own clock, so that machines whose clocks differ count alike. Numbers come back as text: Redis cuts off fractions.
_WINDOW = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local limit, period, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local which = math.floor(now / period)
local found = redis.call('HMGET', KEYS[1], 'which', 'current', 'before')
local current, before = tonumber(found[2] or '0'), tonumber(found[3] or '0')
local last = tonumber(found[1] or '-1')
if last ~= which then
  if last == which - 1 then before = current else before = 0 end
  current = 0
end
local used = before * (1 - (now % period) / period) + current
local allowed = 0
local was = current
if used + cost <= limit then
  allowed = 1
  current = current + cost
end
redis.call('HSET', KEYS[1], 'which', which, 'current', current, 'before', before)
redis.call('EXPIRE', KEYS[1], period * 2 + 1)
return {allowed, tostring(now), before, was}
"""
_BUCKET = """
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local limit, period, cost, capacity = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local found = redis.call('HMGET', KEYS[1], 'tokens', 'seen')
local tokens, seen = tonumber(found[1] or capacity), tonumber(found[2] or now)
local passed = math.max(now - seen, 0)
local full = math.min(capacity, tokens + passed * limit / period)
if full >= cost then full = full - cost end
redis.call('HSET', KEYS[1], 'tokens', tostring(full), 'seen', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil(capacity * period / limit) + 1)
return {tostring(tokens), tostring(passed)}
"""


class RedisRates:
    """Counts in Redis or what speaks like it; each hit is one script, so it is atomic.

    Args:
        client: Of your choice, such as ``redis.asyncio.from_url(...)``.
        prefix: Before all keys.
        at_once: Hits that the client is given at a time; others wait for their turn. A client that has no connection left for one raises,
            and where an error lets requests pass (``fail_open``), whoever sends enough of them would not be counted.
    """

    __slots__ = ("_client", "_prefix", "_turns")

    def __init__(self, client: RedisClient, prefix: str = "partita:rate:", at_once: int = 50) -> None:
        self._client, self._prefix = client, prefix
        self._turns = asyncio.Semaphore(at_once)

    async def hit(self, key: str, rule: Rule, cost: int = 1) -> Decision:
        """See `Rates.hit`."""
        name = f"{self._prefix}{rule.name}:{key}"
        if rule.algorithm == "token-bucket":
            capacity = rule.capacity
            async with self._turns:
                found = await self._client.eval(_BUCKET, 1, name, rule.limit, rule.period, cost, capacity)
            return decide_bucket(rule, float(found[0]), float(found[1]), cost)[0]
        async with self._turns:
            found = await self._client.eval(_WINDOW, 1, name, rule.limit, rule.period, cost)
        decision, _ = decide_window(rule, float(found[1]), int(found[2]), int(found[3]), cost)
        # The script has decided; rounding must not let two answers differ.
        return decision if decision.allowed == bool(found[0]) else Decision(bool(found[0]), 0, rule.period, 0.001)
