"""``Idempotency-Key``: a request that is sent again gets the answer of the first one, and nothing happens twice.

After the draft "The Idempotency-Key HTTP Header Field" of the IETF's httpapi group.
"""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Protocol

import msgspec

from partita.http.errors import BadRequest, Conflict, HeaderSyntaxError, UnprocessableContent
from partita.http.handlers import Handler, Middleware
from partita.http.headers import Headers
from partita.http.request import Request
from partita.http.response import Response
from partita.http.structured import parse_item

__all__ = ("Claim", "IdempotencyStore", "KeptAnswer", "MemoryAnswers", "idempotency_middleware")

_BARE = re.compile(r"[A-Za-z0-9_.~\-]{1,255}")  # many clients send a UUID without the quotes that the draft wants
_LONGEST = 255


class KeptAnswer(msgspec.Struct, frozen=True):
    """An answer as it is given again."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Claim(msgspec.Struct, frozen=True):
    """What a store knows of a key that was there already.

    Args:
        fingerprint: Of the request that came with it first.
        answer: None while that request is at work.
    """

    fingerprint: bytes
    answer: KeptAnswer | None = None


class IdempotencyStore(Protocol):
    """Keeps answers by key, for all processes that serve the same clients."""

    async def aclaim(self, key: str, fingerprint: bytes, seconds: float) -> Claim | None:
        """Take ``key`` for a request, in one step: of two that come at the same time, one gets it.

        Args:
            key: A hash; what the client sent is in it.
            fingerprint: A hash of the request.
            seconds: How long it may be at work before somebody else may take the key.

        Returns:
            None if the key was free and is ours now; otherwise who had it.
        """
        ...

    async def akeep(self, key: str, claim: Claim, seconds: float) -> None:
        """Keep the answer to the request that has the key."""

    async def arelease(self, key: str) -> None:
        """Give the key free: the request came to nothing."""


class MemoryAnswers:
    """Keeps answers in the memory of one process.

    Args:
        largest: How many, with keys whose requests are at work; of more, the oldest are forgotten, those keys last of all.
        clock: Seconds.
        max_bytes: Of all bodies and fields together; of more, the oldest are forgotten.
    """

    __slots__ = ("_at_work", "_bytes", "_clock", "_kept", "_largest", "_lock", "_max_bytes")

    def __init__(
        self, largest: int = 10_000, clock: Callable[[], float] = time.monotonic, max_bytes: int = 67_108_864
    ) -> None:
        self._largest, self._clock, self._max_bytes = largest, clock, max_bytes
        # Apart from the others: whoever sends many keys must not make one free whose request is at work.
        self._at_work: OrderedDict[str, tuple[float, Claim]] = OrderedDict()
        self._kept: OrderedDict[str, tuple[float, Claim]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    async def aclaim(self, key: str, fingerprint: bytes, seconds: float) -> Claim | None:
        """See `IdempotencyStore.aclaim`."""
        now = self._clock()
        with self._lock:
            found = self._at_work.get(key) or self._kept.get(key)
            if found is not None and found[0] > now:
                return found[1]
            self._forget(key)
            self._at_work.pop(key, None)
            self._at_work[key] = (now + seconds, Claim(fingerprint))
            self._make_room()
        return None

    async def akeep(self, key: str, claim: Claim, seconds: float) -> None:
        """See `IdempotencyStore.akeep`."""
        with self._lock:
            self._at_work.pop(key, None)
            self._forget(key)
            self._kept[key] = (self._clock() + seconds, claim)
            self._bytes += _size(claim)
            self._make_room()

    async def arelease(self, key: str) -> None:
        """See `IdempotencyStore.arelease`."""
        with self._lock:
            self._at_work.pop(key, None)
            self._forget(key)

    def _make_room(self) -> None:
        while self._kept and (len(self._kept) + len(self._at_work) > self._largest or self._bytes > self._max_bytes):
            self._forget(next(iter(self._kept)))
        while len(self._at_work) > self._largest:
            self._at_work.popitem(last=False)

    def _forget(self, key: str) -> None:
        forgotten = self._kept.pop(key, None)
        if forgotten is not None:
            self._bytes -= _size(forgotten[1])


def _size(claim: Claim) -> int:
    answer = claim.answer
    return 0 if answer is None else len(answer.body) + sum(len(name) + len(value) for name, value in answer.headers)


def client_of(request: Request) -> str:
    """Tell clients apart by their credentials: keys of one are nothing to another."""
    return f"{request.headers.get('authorization', '')}\n{request.headers.get('cookie', '')}"


def idempotency_middleware(
    store: IdempotencyStore,
    *,
    methods: Iterable[str] = ("POST", "PATCH"),
    required: bool = False,
    lifetime: float = 86_400,
    patience: float = 60,
    scope: Callable[[Request], str] = client_of,
) -> Middleware:
    """Return middleware for an application, or for the routes of an API.

    A key that comes again with the same request gets the first answer, with ``Idempotency-Replayed: true``. While the first
    request is at work the second gets 409, and with another request it gets 422. Server errors and exceptions are not kept, so
    that the client may try again. Answers are read whole: this is for answers of an API, not for downloads.

    Args:
        store: Where answers are kept.
        methods: That change something and are not idempotent by themselves.
        required: Whether such a request without a key gets 400.
        lifetime: Seconds that an answer is kept.
        patience: Seconds that a request may be at work before its key is free again.
        scope: Tells clients apart; by default by ``Authorization`` and ``Cookie``. Who knows another's key must not get its answer.
    """
    wanted = frozenset(method.upper() for method in methods)

    def middleware(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            if request.method not in wanted:
                return await handler(request)
            sent = request.headers.get("idempotency-key")
            if sent is None:
                if required:
                    raise BadRequest('This needs an Idempotency-Key, such as "8e03978e-40d5-43dd-bc93-6894a57f9324".')
                return await handler(request)
            # With the host: one application may serve the shops of many.
            place = (request.headers.get("host", ""), request.root_path, request.path)
            key = _hash(_key(sent), scope(request), request.method, *place)
            fingerprint = await _fingerprint(request)
            claim = await store.aclaim(key, fingerprint, patience)
            if claim is not None:
                return _again(claim, fingerprint)
            return await _first(handler, request, store, key, fingerprint, lifetime)

        return handle

    return middleware


async def _first(
    handler: Handler, request: Request, store: IdempotencyStore, key: str, fingerprint: bytes, lifetime: float
) -> Response:
    try:
        response = await handler(request)
        body = await response.aread()
    except BaseException:
        await store.arelease(key)
        raise
    if response.status >= 500:
        await store.arelease(key)
    else:
        await store.akeep(key, Claim(fingerprint, KeptAnswer(response.status, response.headers.raw, body)), lifetime)
    return Response(body, response.status, response.headers)


def _again(claim: Claim, fingerprint: bytes) -> Response:
    if claim.fingerprint != fingerprint:
        raise UnprocessableContent("This Idempotency-Key came with another request before.")
    if claim.answer is None:
        raise Conflict("The first request with this Idempotency-Key is still at work.", [("Retry-After", "1")])
    answer = claim.answer
    headers = Headers.from_raw(answer.headers).with_header("Idempotency-Replayed", "true")
    return Response(answer.body, answer.status, headers)


def _key(sent: str) -> str:
    if _BARE.fullmatch(sent):
        return sent
    try:
        value = parse_item(sent).value
    except HeaderSyntaxError as error:
        raise BadRequest(f"Idempotency-Key cannot be read: {error}") from error
    if type(value) is not str or not 1 <= len(value) <= _LONGEST:
        raise BadRequest(f"Idempotency-Key must be a string of 1 to {_LONGEST} characters in double quotes.")
    return value


async def _fingerprint(request: Request) -> bytes:
    body = sha256(await request.aread()).hexdigest()
    return _hash(request.query_string.decode("latin-1"), request.headers.get("content-type", ""), body).encode()


def _hash(*parts: str) -> str:
    digest = sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass")
        digest.update(b"%d:%s" % (len(data), data))  # with lengths, so that no two lists of parts are alike
    return digest.hexdigest()
