"""What layers outside of the security headers refuse carries these headers, too."""

import asyncio
from typing import Any

import pytest

from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.testing.app import SimpleRegistrar
from partita.http.handlers import HOST, MIDDLEWARE, Handler, Layer, compose
from partita.http.request import Request
from partita.http.response import Response
from partita.security import CSP_NONCE, NONCE, SecuritySettings, xframe_options_exempt
from partita.security.headers import refusals_middleware
from partita.security.integration import setup

NAMES = ("x-content-type-options", "x-frame-options", "content-security-policy", "referrer-policy")


@xframe_options_exempt
async def framed(request: Request) -> Response:
    return Response.text("no", 403)


async def view(request: Request) -> Response:
    if request.path == "/framed":
        return await framed(request)
    return Response.text(request[CSP_NONCE])


def served(*layers: Layer, **settings: Any) -> Handler:
    app = SimpleRegistrar(security=settings)
    app.provide(ALLOWED_HOSTS, lambda: ("testserver",))
    app.provide(DEBUG, lambda: False)
    setup(app)
    return compose(view, [*app.all(MIDDLEWARE), *layers])


def ask(handler: Handler, path: str = "/", **headers: str) -> Response:
    async def main() -> Response:
        return await handler(Request.build("GET", path, headers=headers, scheme="https"))

    return asyncio.run(main())


def test_an_unknown_host_is_refused_with_the_headers() -> None:
    refused = ask(served(hsts_seconds=60), Host="evil.test")
    assert refused.status == 400
    assert refused.headers["strict-transport-security"] == "max-age=60"
    assert set(NAMES) <= set(refused.headers)


def test_one_request_too_many_is_refused_with_the_headers() -> None:
    handler = served(rate_limits=["1/hour"])
    assert ask(handler).status == 200
    refused = ask(handler)
    assert refused.status == 429
    assert set(NAMES) <= set(refused.headers)


def test_what_a_view_wants_otherwise_stays_so() -> None:
    answer = ask(served(), "/framed")
    assert answer.status == 403
    assert "x-frame-options" not in answer.headers
    assert "frame-ancestors" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize("status", [200, 204, 304])
def test_a_page_that_the_client_keeps_is_left_alone(status: int) -> None:
    def answering(handler: Handler) -> Handler:
        async def answer(request: Request) -> Response:
            await handler(request)
            return Response.empty(status, {"ETag": '"a"'})

        return answer

    handler = served(
        Layer(HOST + 10, answering, "answering"), content_security_policy={"script-src": [NONCE, "'self'"]}
    )
    assert list(ask(handler).headers) == ["etag"]


def test_it_stands_alone() -> None:
    async def moved(request: Request) -> Response:
        return Response.redirect("/there").with_header("X-Frame-Options", "SAMEORIGIN")

    answer = ask(refusals_middleware(SecuritySettings(referrer_policy="no-referrer"))(moved))
    assert (answer.headers["referrer-policy"], answer.headers["x-frame-options"]) == ("no-referrer", "SAMEORIGIN")
    assert answer.headers["x-content-type-options"] == "nosniff"
