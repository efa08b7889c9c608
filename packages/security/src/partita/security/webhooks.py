"""Webhooks as Standard Webhooks say (https://www.standardwebhooks.com, version 1): signed, timed, sent again, taken once."""

import asyncio
import base64
import binascii
import hmac
import random
import re
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Protocol

import msgspec

from partita.http.errors import BadRequest
from partita.http.request import Request
from partita.security.errors import DestinationRefused, FetchFailed, PolicyError, SecurityError
from partita.security.outgoing import Fetched, OutgoingGuard, afetch

__all__ = (
    "Delivery",
    "Fields",
    "SeenIds",
    "SeenInMemory",
    "WebhookMessage",
    "WebhookReceiver",
    "WebhookRefused",
    "WebhookSender",
    "new_secret",
    "sign_webhook",
)

Fetch = Callable[..., Awaitable[Fetched]]

_PREFIX = "whsec_"
_SHORTEST, _LONGEST = 24, 64  # bytes of a secret
_ID = re.compile(r"[!-~]{1,256}")
_SECONDS = re.compile(r"[0-9]{1,12}")
_MOST = 16  # signatures looked at
# Seconds before each further attempt: at once is worth little, and somebody's bad night lasts some minutes.
_WAITS = (5.0, 30.0, 120.0, 600.0)


class Fields(Protocol):
    """Header fields by name in lower case; the headers of a request, or a mapping."""

    def get(self, name: str, default: str, /) -> str:
        """Return the value of a field, or ``default``."""
        ...


class WebhookRefused(SecurityError, BadRequest):
    """400: a webhook is not from whom it should be from, too old, or here already."""

    default = "This webhook was refused."


class WebhookMessage(msgspec.Struct, frozen=True):
    """One webhook that is what it says.

    Args:
        id: The same for each attempt to deliver it.
        timestamp: Seconds since 1970, of this attempt.
        body: As it came.
    """

    id: str
    timestamp: int
    body: bytes

    def json(self) -> Any:
        """Return what the body says.

        Raises:
            WebhookRefused: If it is no JSON.
        """
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise WebhookRefused("The body is not JSON.") from error


class Delivery(msgspec.Struct, frozen=True):
    """What became of a webhook.

    Args:
        id: Of the message.
        delivered: Whether somebody took it.
        attempts: How many were made.
        status: Of the last answer; 0 if there was none.
        gone: Whether whoever lives there wants no more of them (410), so that the address should be forgotten.
    """

    id: str
    delivered: bool
    attempts: int
    status: int = 0
    gone: bool = False


class SeenIds(Protocol):
    """Remembers which messages came, for all processes that take them; an implementation over a cache needs nothing but ``add``."""

    async def add(self, id: str, seconds: float) -> bool:
        """Remember ``id`` for so long; False if it is remembered already. Of two at the same time only one gets True."""
        ...


class SeenInMemory:
    """`SeenIds` of one process.

    Args:
        capacity: Of messages; one beyond it is refused, for forgetting the oldest would let it in again.
        clock: Monotonic seconds.
    """

    __slots__ = ("_capacity", "_clock", "_ends", "_lock")

    def __init__(self, capacity: int = 100_000, clock: Callable[[], float] = time.monotonic) -> None:
        self._capacity, self._clock = capacity, clock
        self._ends: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    async def add(self, id: str, seconds: float) -> bool:
        """See `SeenIds.add`."""
        now = self._clock()
        with self._lock:
            while self._ends and next(iter(self._ends.values())) <= now:
                self._ends.popitem(last=False)
            if self._ends.get(id, now) > now or len(self._ends) >= self._capacity:
                return False
            self._ends.pop(id, None)
            self._ends[id] = now + seconds
            return True


def new_secret() -> str:
    """Return a secret to share with whoever receives, or sends: ``whsec_`` and 32 random bytes in Base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def sign_webhook(secret: str, id: str, timestamp: int, body: bytes) -> str:
    """Return the signature ``v1,…`` of a message.

    Raises:
        PolicyError: If the secret is none, or the id could be read as another one.
    """
    if not _ID.fullmatch(id) or "." in id:
        raise PolicyError("webhook-id", id, "1 to 256 visible characters without full stop")
    return _sign(_key(secret), id, str(timestamp), body)


class WebhookReceiver:
    """Checks webhooks that come.

    Args:
        secrets: Shared with the sender; several while one takes another's place.
        seen: Remembers what came. With several processes take one that they share.
        tolerance: Seconds that a message may be old, or ahead of our clock.
        clock: Seconds since 1970.

    Raises:
        PolicyError: If a secret is none.
    """

    __slots__ = ("_clock", "_keys", "_seen", "_tolerance")

    def __init__(
        self,
        secrets: str | Sequence[str],
        seen: SeenIds | None = None,
        *,
        tolerance: float = 300.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = _keys(secrets)
        self._seen = SeenInMemory() if seen is None else seen
        self._tolerance, self._clock = tolerance, clock

    async def receive(self, request: Request) -> WebhookMessage:
        """Return the message of a request.

        The message counts as taken then: if it cannot be worked on, keep it, as the sender's next attempt is refused. The view
        needs `csrf_exempt`, for the signature says who sends.

        Raises:
            WebhookRefused: If it is not what it says; becomes 400.
        """
        return await self.take(request.headers, await request.aread())

    async def take(self, headers: Fields, body: bytes) -> WebhookMessage:
        """Check a message, and remember that it came.

        Raises:
            WebhookRefused: See `receive`.
        """
        message = self.verify(headers, body)
        # A message is refused for its age when this forgets it: it may be ahead by the tolerance, and old by as much.
        if not await self._seen.add(message.id, 2 * self._tolerance + 1):
            raise WebhookRefused("This webhook is here already.")
        return message

    def verify(self, headers: Fields, body: bytes) -> WebhookMessage:
        """Check signature and age alone.

        Args:
            headers: With the fields of the standard.
            body: As it came.

        Raises:
            WebhookRefused: See `receive`.
        """
        id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        given = headers.get("webhook-signature", "")
        if not id or not stamp or not given:
            raise WebhookRefused("A webhook has the fields webhook-id, webhook-timestamp and webhook-signature.")
        if not _ID.fullmatch(id) or "." in id or not _SECONDS.fullmatch(stamp):
            raise WebhookRefused("webhook-id or webhook-timestamp is malformed.")
        signatures = [each.encode("utf-8", "surrogatepass") for each in given.split(" ", _MOST)[:_MOST]]
        matched = False
        for key in self._keys:  # no early exit: which one matched is nobody's business
            right = _sign(key, id, stamp, body).encode()
            for signature in signatures:
                matched |= hmac.compare_digest(right, signature)
        if not matched:
            raise WebhookRefused("The signature of this webhook does not match.")
        if abs(self._clock() - int(stamp)) > self._tolerance:
            raise WebhookRefused("This webhook is too old, or from the future.")
        return WebhookMessage(id, int(stamp), body)


class WebhookSender:
    """Sends webhooks, again and again if need be, to addresses that others chose.

    Attempts are made by whoever awaits `send` and end with the process: what must arrive belongs into a queue of tasks that calls
    this with ``waits=()`` and the same ``id``.

    Args:
        secrets: The newest first; the message is signed with each, so that receivers can change theirs in their own time.
        guard: Where messages may go; the public internet by default.
        waits: Seconds before each further attempt; a fifth more or less by chance, so that not all come at once.
        fetch: Sends one request.
        sleep: Waits.
        clock: Seconds since 1970.

    Raises:
        PolicyError: If a secret is none.
    """

    __slots__ = ("_clock", "_fetch", "_guard", "_keys", "_sleep", "_waits")

    def __init__(
        self,
        secrets: str | Sequence[str],
        guard: OutgoingGuard | None = None,
        *,
        waits: Iterable[float] = _WAITS,
        fetch: Fetch = afetch,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys, self._guard, self._waits = _keys(secrets), guard, tuple(waits)
        self._fetch, self._sleep, self._clock = fetch, sleep, clock

    async def send(self, url: str, data: object, *, id: str = "") -> Delivery:
        """Send ``data`` as JSON, or as it is if it is bytes.

        Args:
            url: Where it goes.
            data: Bytes, or what JSON knows.
            id: Of the message; a new one if empty.

        Raises:
            DestinationRefused: If nothing may be sent there.
            PolicyError: If the id is none.
        """
        body = data if isinstance(data, bytes) else msgspec.json.encode(data)
        id = id or f"msg_{secrets.token_urlsafe(18)}"
        if not _ID.fullmatch(id) or "." in id:
            raise PolicyError("webhook-id", id, "1 to 256 visible characters without full stop")
        status, attempts = 0, 0
        for wait in (0.0, *self._waits):
            if wait:
                await self._sleep(wait * random.uniform(0.8, 1.2))
            attempts += 1
            status = await self._attempt(url, id, body)
            if 200 <= status < 300:
                return Delivery(id, True, attempts, status)
            if status == 410:
                return Delivery(id, False, attempts, status, gone=True)
        return Delivery(id, False, attempts, status)

    async def _attempt(self, url: str, id: str, body: bytes) -> int:
        stamp = str(int(self._clock()))  # of the attempt: a late one would be too old otherwise
        fields = {
            "Content-Type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join([_sign(key, id, stamp, body) for key in self._keys]),
        }
        try:
            # A redirect is no delivery: whoever moved should say so, and a body must not wander.
            answer = await self._fetch(
                url, self._guard, method="POST", headers=fields, body=body, max_redirects=0, max_bytes=65_536
            )
        except DestinationRefused:
            raise
        except FetchFailed:
            return 0
        return answer.status


def _sign(key: bytes, id: str, stamp: str, body: bytes) -> str:
    signed = hmac.digest(key, f"{id}.{stamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(signed).decode('ascii')}"


def _keys(given: str | Sequence[str]) -> tuple[bytes, ...]:
    found = tuple(_key(each) for each in ((given,) if isinstance(given, str) else given))
    if not found:
        raise PolicyError("webhook secret", "", "at least one")
    return found


def _key(secret: str) -> bytes:
    expected = f"{_PREFIX} and {_SHORTEST} to {_LONGEST} bytes in Base64, as new_secret() makes"
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise PolicyError("webhook secret", "", expected) from None
    if not _SHORTEST <= len(key) <= _LONGEST:
        raise PolicyError("webhook secret", "", expected)
    return key
