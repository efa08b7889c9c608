"""Bodies that are made while they are sent: their application is current then as well, and queries do not block."""

from collections.abc import AsyncIterator

from partita.bridge import drive
from partita.contracts.current import CURRENT, Resolver
from partita.http import Response

__all__ = ("stream_within",)


def stream_within(app: Resolver, response: Response) -> Response:
    """Return ``response`` with a body each step of which runs like a view of ``app``."""
    return Response(_steps(app, response.chunks()), response.status, response.headers)


async def _steps(app: Resolver, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        while True:
            # Set and reset around each step: between them the server's own code runs, perhaps in another context.
            token = CURRENT.set(app)
            try:
                chunk = await drive(_next(chunks))
            finally:
                CURRENT.reset(token)
            if chunk is None:
                return
            yield chunk
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    return await anext(chunks, None)
