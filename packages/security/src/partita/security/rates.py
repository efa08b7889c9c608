"""How often somebody may do something: rules, and what stores of counts decide by them."""

import math
import re
from typing import Literal, Protocol

import msgspec

from partita.contracts.key import Key
from partita.security.errors import PolicyError

__all__ = ("RATES", "Decision", "Rates", "Rule", "decide_bucket", "decide_window")

_RULE = re.compile(r"([0-9]{1,9})/([0-9]{0,6})(s|sec|second|m|min|minute|h|hour|d|day)s?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

Algorithm = Literal["sliding-window", "token-bucket"]


class Rule(msgspec.Struct, frozen=True):
    """One limit.

    Args:
        limit: How many are allowed in `period`.
        period: Seconds.
        algorithm: ``sliding-window`` counts what was within the last period, weighing the part of the one before; ``token-bucket``
            refills steadily and lets `burst` come at once.
        burst: Of a token bucket; the limit by default.
        name: In the headers, and what keeps the counts of rules apart.

    Raises:
        PolicyError: If a number is not positive.
    """

    limit: int
    period: int
    algorithm: Algorithm = "sliding-window"
    burst: int = 0
    name: str = "default"

    def __post_init__(self) -> None:
        if self.limit < 1 or self.period < 1 or self.burst < 0:
            raise PolicyError("rate", f"{self.limit}/{self.period}", "positive numbers")
        if not re.fullmatch(r"[A-Za-z0-9_.\-]{1,64}", self.name):
            raise PolicyError("rate", self.name, "a name of letters, digits, hyphens, dots and underscores")

    @classmethod
    def parse(
        cls, text: str, *, algorithm: Algorithm = "sliding-window", burst: int = 0, name: str = "default"
    ) -> "Rule":
        """Read a rule such as ``100/hour``, ``5/10s`` or ``1000/day``.

        Raises:
            PolicyError: If it is none.
        """
        found = _RULE.fullmatch(text.strip().lower())
        if found is None:
            raise PolicyError("rate", text, "a number, a slash and a time, such as 100/hour or 5/10s")
        return cls(int(found[1]), int(found[2] or 1) * _UNITS[found[3][0]], algorithm, burst, name)

    @property
    def capacity(self) -> int:
        """How many may come at once."""
        return (self.burst or self.limit) if self.algorithm == "token-bucket" else self.limit


class Decision(msgspec.Struct, frozen=True):
    """What a store says.

    Args:
        allowed: Whether it may be done.
        remaining: How often it may be done again at once.
        reset_after: Seconds until everything is as in the beginning.
        retry_after: Seconds until it may be done again; 0 if it may now.
    """

    allowed: bool
    remaining: int
    reset_after: float
    retry_after: float = 0.0


class Rates(Protocol):
    """Counts by key, atomically: of two at the same time, only so many are allowed as the rule says."""

    async def hit(self, key: str, rule: Rule, cost: int = 1) -> Decision:
        """Count ``cost``, if that is allowed, and say whether it was.

        Args:
            key: Who does what.
            rule: How often they may.
            cost: How much of the limit this takes.

        Raises:
            OSError: If the store cannot be reached.
        """
        ...


RATES = Key[Rates]("partita.security.rates")
"""An application's counts."""


def decide_window(rule: Rule, now: float, before: int, current: int, cost: int) -> tuple[Decision, int]:
    """Return the decision, and what counts in the current period afterwards.

    The count of the period before weighs as much as of it lies within the last `Rule.period` seconds.

    Args:
        rule: Of the sliding window.
        now: Seconds.
        before: Counted in the period before.
        current: Counted in this one.
        cost: Of this hit.
    """
    into = now % rule.period
    weight = 1 - into / rule.period
    used = before * weight + current
    left = rule.period - into
    if used + cost <= rule.limit:
        return Decision(True, int(rule.limit - used - cost), left + rule.period), current + cost
    if current + cost > rule.limit or not before:
        retry = left + (1 - max(rule.limit - cost, 0) / max(current, 1)) * rule.period
    else:
        retry = rule.period * (1 - (rule.limit - current - cost) / before) - into
    return Decision(False, 0, left + rule.period, max(retry, 0.001)), current


def decide_bucket(rule: Rule, tokens: float, passed: float, cost: int) -> tuple[Decision, float]:
    """Return the decision, and the tokens that are left.

    Args:
        rule: Of the token bucket.
        tokens: That were left at the hit before.
        passed: Seconds since then.
        cost: Of this hit.
    """
    rate = rule.limit / rule.period
    full = min(float(rule.capacity), tokens + max(passed, 0.0) * rate)
    if full >= cost:
        full -= cost
        return Decision(True, math.floor(full), (rule.capacity - full) / rate), full
    return Decision(False, 0, (rule.capacity - full) / rate, (cost - full) / rate), full
