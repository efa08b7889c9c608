"""Bodies that are made while they are sent: their application is current then as well, and queries do not block."""

from collections.abc import AsyncIterator

from partita.bridge import drive
from partita.contracts.current import CURRENT, Resolver
from partita.http import Response
from partita.urls import Router
from partita.urls.current import chosen_urlconf, script_prefix

__all__ = ("stream_within",)


def stream_within(app: Resolver, response: Response, prefix: str, router: Router | None) -> Response:
    """Return ``response`` with a body each step of which runs like a view of ``app``.

    Args:
        app: Is current while a step runs.
        response: The one with the body.
        prefix: Where the application is mounted, for `reverse`.
        router: What middleware chose in the place of the application's own, if it did.
    """
    return Response(_steps(app, response.chunks(), prefix, router), response.status, response.headers)


async def _steps(
    app: Resolver, chunks: AsyncIterator[bytes], prefix: str, router: Router | None
) -> AsyncIterator[bytes]:
    try:
        while True:
            # Set and reset around each step: between them the server's own code runs, perhaps in another context.
            token = CURRENT.set(app)
            try:
                with script_prefix(prefix), chosen_urlconf(router):
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
