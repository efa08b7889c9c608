"""Cross-origin resource sharing: which other sites' pages may read our answers (WHATWG Fetch, section 3.2)."""

import re
from collections.abc import Sequence

import msgspec

from partita.http.handlers import Handler, Middleware
from partita.http.request import Request
from partita.http.response import Response
from partita.security.errors import PolicyError

__all__ = ("CorsSettings", "cors_middleware")

_ORIGIN = re.compile(r"[a-z][a-z0-9+.\-]*://(\[[0-9a-f:.]+\]|[a-z0-9.\-]+)(:[0-9]{1,5})?")
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SAFELISTED = ("accept", "accept-language", "content-language", "content-type")


class CorsSettings(msgspec.Struct, frozen=True):
    """The part ``cors`` of the section ``[security]``.

    Args:
        origins: Such as ``https://app.example.com``; exactly what browsers send.
        origin_patterns: Regular expressions that an origin has to match as a whole.
        all_origins: Whether any site's page may read, while developing; on a server only below ``paths``, which name what is the same for
            everybody.
        credentials: Whether cookies and credentials go along; never with ``all_origins``.
        methods: That pages may use.
        headers: That pages may send besides the harmless ones; ``*`` for any.
        expose: Headers of answers that pages may read besides the harmless ones.
        max_age: Seconds for which browsers keep the answer to a preflight.
        private_network: Whether public sites' pages may reach us if we stand in a private network.
        paths: Beginnings of paths that this holds for; empty for all.

    Raises:
        PolicyError: If something in it cannot be what is meant.
    """

    origins: tuple[str, ...] = ()
    origin_patterns: tuple[str, ...] = ()
    all_origins: bool = False
    credentials: bool = False
    methods: tuple[str, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    headers: tuple[str, ...] = ("authorization", "content-type", "x-csrf-token", "x-requested-with")
    expose: tuple[str, ...] = ()
    max_age: int = 600
    private_network: bool = False
    paths: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for origin in self.origins:
            if not _ORIGIN.fullmatch(origin):
                raise PolicyError(
                    "cors.origins", origin, "an origin in lower case without a path, such as https://app.example.com"
                )
        for pattern in self.origin_patterns:
            try:
                re.compile(pattern)
            except re.error as error:
                raise PolicyError("cors.origin_patterns", pattern, f"a regular expression ({error})") from error
        if self.all_origins and self.credentials:
            raise PolicyError(
                "cors.credentials", "true", "false with all_origins: any site could act for your visitors"
            )
        for name in (*self.methods, *self.headers, *self.expose):
            if not _TOKEN.fullmatch(name):
                raise PolicyError("cors", name, "names of methods and headers")
        if self.max_age < 0:
            raise PolicyError("cors.max_age", str(self.max_age), "seconds, 0 or more")

    @property
    def is_on(self) -> bool:
        """Whether any other site is let in."""
        return bool(self.origins or self.origin_patterns or self.all_origins)


def cors_middleware(settings: CorsSettings, *, debug: bool = False) -> Middleware:
    """Return a middleware that answers preflights and says who may read answers.

    It must stand outside of what redirects, checks log-in or limits rates, or errors of those could not be read by pages.

    Args:
        settings: Who may do what.
        debug: Whether this is a developer's machine; while it is off, ``all_origins`` without ``paths`` lets nobody in.
    """
    everybody = settings.all_origins and (debug or bool(settings.paths))
    exact = frozenset(settings.origins)
    patterns = [re.compile(pattern) for pattern in settings.origin_patterns]
    allowed_headers = tuple(name.lower() for name in settings.headers)
    preflight = _preflight_headers(settings)
    expose = ", ".join(settings.expose)

    def fits(origin: str) -> bool:
        return everybody or origin in exact or any(pattern.fullmatch(origin) for pattern in patterns)

    def marked(response: Response, origin: str) -> Response:
        if everybody:
            return response.with_header("Access-Control-Allow-Origin", "*")
        response = response.with_header("Access-Control-Allow-Origin", origin)
        return response.with_header("Access-Control-Allow-Credentials", "true") if settings.credentials else response

    def answer_preflight(request: Request, origin: str) -> Response:
        headers = request.headers
        response = marked(Response.empty(204, preflight), origin)
        wanted = [name.strip().lower() for name in headers.get("access-control-request-headers", "").split(",")]
        granted = _granted(wanted[:64], allowed_headers)
        if granted:
            response = response.with_header("Access-Control-Allow-Headers", ", ".join(granted))
        if settings.private_network and headers.get("access-control-request-private-network") == "true":
            response = response.with_header("Access-Control-Allow-Private-Network", "true")
        return response.with_vary("Access-Control-Request-Headers", "Access-Control-Request-Method")

    def middleware(handler: Handler) -> Handler:
        async def sharing(request: Request) -> Response:
            origin = request.headers.get("origin")
            if settings.paths and not request.path.startswith(settings.paths):
                return await handler(request)
            known = origin is not None and fits(origin)
            if (
                request.method == "OPTIONS"
                and origin is not None
                and "access-control-request-method" in request.headers
            ):
                response = answer_preflight(request, origin) if known else Response.empty(204)
                return response if everybody else response.with_vary("Origin")
            response = await handler(request)
            if known and origin is not None:
                response = marked(response, origin)
                response = response.with_header("Access-Control-Expose-Headers", expose) if expose else response
            return response if everybody else response.with_vary("Origin")

        return sharing

    return middleware


def _preflight_headers(settings: CorsSettings) -> dict[str, str]:
    return {
        "Access-Control-Allow-Methods": ", ".join([method.upper() for method in settings.methods]),
        "Access-Control-Max-Age": str(settings.max_age),
    }


def _granted(wanted: Sequence[str], allowed: Sequence[str]) -> list[str]:
    names = [name for name in wanted if name and _TOKEN.fullmatch(name)]
    if "*" in allowed:
        return list(dict.fromkeys(names))
    return list(dict.fromkeys([name for name in names if name in allowed or name in _SAFELISTED]))
