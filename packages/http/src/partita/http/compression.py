"""Compressed responses, as far as the client takes them and no secret is put at risk (BREACH)."""

from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, NamedTuple

import msgspec

from partita.http.accept import parse_preferences
from partita.http.codings import CODINGS, Compressor, NewCompressor, available, random_padding
from partita.http.dictionaries import SharedDictionary
from partita.http.files import FileBody
from partita.http.handlers import Layer, Middleware
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("COMPRESSION", "Compression", "compressed", "compressed_now", "compression", "compression_layer")

COMPRESSION = 150
"""Where the layer stands: outside of everything that writes bodies, inside of what checks hosts."""

_PLAIN_TYPES = frozenset(
    {
        "application/javascript",
        "application/json",
        "application/toml",
        "application/wasm",
        "application/xml",
        "application/yaml",
        "font/otf",
        "font/ttf",
        "image/bmp",
        "image/svg+xml",
        "image/vnd.microsoft.icon",
    }
)
_THREAD_BYTES = 65_536  # below this a hop to a thread costs more than compressing does


class Compression(msgspec.Struct, frozen=True):
    """What is compressed, and how.

    Args:
        codings: Names from `codings.CODINGS`, the favourite first; empty for all that are installed.
        min_bytes: A shorter body fits one packet anyway.
        padding: Gives the bytes of padding for one response, from 0 to 255.
        dictionaries: What answers of one kind have in common, for clients that keep it (RFC 9842); the first that fits counts.
    """

    codings: tuple[str, ...] = ()
    min_bytes: int = 860
    padding: Callable[[], int] = random_padding
    dictionaries: "tuple[SharedDictionary, ...]" = ()


def compression_layer(options: Compression | None = None) -> Layer:
    """Return the middleware with its place, for `MIDDLEWARE`."""
    return Layer(COMPRESSION, compression(options), "compression")


def compression(options: Compression | None = None) -> Middleware:
    """Return a middleware that compresses responses.

    Raises:
        ImportError: If a coding is named whose library is not installed.
        ValueError: If one is named that there is not.
    """
    settings = options or Compression()
    installed = available()
    if not settings.codings:
        settings = msgspec.structs.replace(settings, codings=installed)
    unknown = [name for name in settings.codings if name not in CODINGS]
    if unknown:
        raise ValueError(f"Unknown codings: {', '.join(unknown)}. There are: {', '.join(CODINGS)}")
    lacking = [name for name in settings.codings if name not in installed]
    if lacking:  # now, and not when the first client asks for it
        raise ImportError(
            f"Nothing is installed that writes {', '.join(lacking)}: take the extras, as in pip install 'partita-http[brotli,zstd]'."
        )

    min_bytes = settings.min_bytes

    def compress(request: Request, response: Response) -> Response | Coroutine[Any, Any, Response]:
        body: Any = response.body
        if body.__class__ is bytes:
            if len(body) < min_bytes:
                return response
            if len(body) > _THREAD_BYTES:
                return compressed(request, response, settings)
        return compressed_now(request, response, settings)

    if not settings.dictionaries:
        return Inline(after=compress, least=min_bytes)

    def give_out(request: Request) -> Response | None:
        wanted = next((each for each in settings.dictionaries if each.is_at(request)), None)
        return None if wanted is None else wanted.response()

    return Inline(give_out, compress, least=min_bytes)


async def compressed(request: Request, response: Response, options: Compression) -> Response:
    """Return ``response`` in a coding that the client takes, or as it is.

    It stays as it is if it is short, partial, encoded already, not of a type that gets smaller, marked ``no-transform``, or
    if another site may be making the client ask: its ``Sec-Fetch-Site`` is neither ``same-origin`` nor ``none`` and the
    request carries cookies or credentials. That closes BREACH in browsers of today; for older ones there is the padding.

    Args:
        request: What was asked.
        response: The whole answer.
        options: ``codings`` must not be empty.
    """
    plan = _plan(request, response, options)
    if plan.compressor is not None and isinstance(response.body, bytes) and len(response.body) > _THREAD_BYTES:
        import asyncio

        body = await asyncio.to_thread(_whole, plan.compressor, response.body)
        return Response(body, response.status, plan.response.headers)
    return _carried_out(plan)


def compressed_now(request: Request, response: Response, options: Compression) -> Response:
    """Do the same as `compressed`, for sync code."""
    return _carried_out(_plan(request, response, options))


class _Plan(NamedTuple):
    """A response with the headers it is going to have, and what makes its body; None if that stays."""

    response: Response
    compressor: Compressor | None


def _plan(request: Request, response: Response, options: Compression) -> _Plan:
    if not _compressible(response, options.min_bytes):
        return _Plan(response, None)
    response = response.with_vary("Accept-Encoding")
    elsewhere = _from_elsewhere(request)
    new: NewCompressor | None = None
    coding = _chosen(request, options.codings)
    dictionary = next((each for each in options.dictionaries if each.fits(request)), None)
    if dictionary is not None:
        response = response.with_vary("Available-Dictionary")
        if dictionary.is_understood_by(request):
            if not dictionary.is_known_to(request):
                response = dictionary.announce(response)
            elif not elsewhere:
                coding, new = "dcz", dictionary.compressor
    if coding is None or elsewhere:
        return _Plan(response, None)
    if new is None:
        new = CODINGS[coding]
    headers = response.headers.with_header("content-encoding", coding).without("content-length")
    headers = headers.without("accept-ranges")  # they would be ranges of the compressed bytes
    etag = headers.get("etag", "")
    if etag.startswith('"'):
        headers = headers.with_header("etag", f"W/{etag}")  # the bytes differ, the meaning does not
    return _Plan(Response(response.body, response.status, headers), new(options.padding()))


def _carried_out(plan: _Plan) -> Response:
    response, compressor = plan
    if compressor is None:
        return response
    body = response.body
    made = _whole(compressor, body) if isinstance(body, bytes) else _chunks(response, compressor)
    return Response(made, response.status, response.headers)


def _compressible(response: Response, min_bytes: int) -> bool:
    headers, body = response.headers, response.body
    if response.status in {204, 205, 206, 304} or "content-encoding" in headers or "content-range" in headers:
        return False
    size = len(body) if isinstance(body, bytes) else body.length if isinstance(body, FileBody) else None
    if size is not None and size < min_bytes:
        return False
    kind = response.content_type.partition(";")[0].strip().lower()
    if not (kind.startswith("text/") or kind in _PLAIN_TYPES or kind.endswith(("+json", "+xml"))):
        return False
    if kind == "text/event-stream":
        return False  # proxies hold compressed events back
    directives = {directive.strip().lower() for directive in headers.get("cache-control", "").split(",")}
    return "no-transform" not in directives


def _chosen(request: Request, codings: tuple[str, ...]) -> str | None:
    value = request.headers.get("accept-encoding")
    if value is None:
        return None
    wanted = {preference.value: preference.quality for preference in reversed(parse_preferences(value))}
    anything = wanted.get("*", 0.0)
    best, most = None, 0.0
    for coding in codings:
        quality = wanted.get(coding, wanted.get("x-gzip", anything) if coding == "gzip" else anything)
        if quality > most:
            best, most = coding, quality
    return best if most >= wanted.get("identity", 0.0) else None


def _from_elsewhere(request: Request) -> bool:
    headers = request.headers
    if "cookie" not in headers and "authorization" not in headers:
        return False
    return headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}


def _whole(compressor: Compressor, body: bytes) -> bytes:
    return compressor.feed(body) + compressor.finish()


async def _chunks(response: Response, compressor: Compressor) -> AsyncIterator[bytes]:
    """Compress a stream; each chunk goes out as it comes, so nobody waits for the next one."""
    chunks = response.chunks()
    flush = not isinstance(response.body, FileBody)
    try:
        async for chunk in chunks:
            out = compressor.feed(chunk)
            if flush:
                out += compressor.flush()
            if out:
                yield out
    finally:
        await chunks.aclose()  # type: ignore[attr-defined]  # it is a generator
    yield compressor.finish()
