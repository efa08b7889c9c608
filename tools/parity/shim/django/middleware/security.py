"""Django's class around partita's security headers: the settings become a `SecuritySettings`."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any

from partita.http import Request, Response
from partita.http.drafts import HttpRequest
from partita.http.drafts.conversion import draft_response
from partita.security import SecuritySettings, headers_middleware

__all__ = ("SecurityMiddleware",)


class SecurityMiddleware:
    """Adds headers, and redirects to HTTPS."""

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        self.get_response = get_response
        settings = importlib.import_module("django.conf").settings
        referrer = settings.SECURE_REFERRER_POLICY
        words = referrer.split(",") if isinstance(referrer, str) else referrer or ()
        self._options = SecuritySettings(
            ssl_redirect=bool(settings.SECURE_SSL_REDIRECT),
            ssl_host=settings.SECURE_SSL_HOST,
            ssl_exempt=tuple(f"/{each.lstrip('^').rstrip('$')}" for each in settings.SECURE_REDIRECT_EXEMPT),
            hsts_seconds=settings.SECURE_HSTS_SECONDS or 0,
            hsts_include_subdomains=bool(settings.SECURE_HSTS_INCLUDE_SUBDOMAINS),
            hsts_preload=bool(settings.SECURE_HSTS_PRELOAD),
            nosniff=bool(settings.SECURE_CONTENT_TYPE_NOSNIFF),
            frame_options="",
            referrer_policy=",".join(each.strip() for each in words),
            cross_origin_opener_policy=settings.SECURE_CROSS_ORIGIN_OPENER_POLICY or "",
            content_security_policy={},
        )

    def __call__(self, request: HttpRequest) -> Any:
        """Answer."""
        return self._answer(request, self.get_response)

    def process_request(self, request: HttpRequest) -> Any:
        """Answer with a redirect, or not at all."""
        seen: list[Any] = []

        def note(asked: Any) -> Any:
            seen.append(asked)
            return Response()

        answered = self._answer(request, note)
        return None if seen else answered

    def _answer(self, request: HttpRequest, get_response: Callable[[Any], Any]) -> Any:
        async def handler(native: Request) -> Response:
            made: Response = get_response(request)
            return made

        return draft_response(asyncio.run(headers_middleware(self._options)(handler)(request.seal())))
