import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest

from partita.http.handlers import Middleware
from partita.http.request import Request
from partita.http.response import Response
from partita.security import CSP_NONCE, NONCE, PolicyError, SecuritySettings, headers_middleware
from partita.security.headers import format_policy
from partita.security.policies import csp_override, csp_report_only_override

Answer = Callable[[Middleware, Request, Response], Response]
HTTP, HTTPS = Request.build("GET", "/a?b=c"), Request.build("GET", "/a?b=c", scheme="https")
OK = Response.text("ok")


def test_every_answer_has_the_headers(answer: Answer) -> None:
    headers = answer(headers_middleware(), HTTP, OK).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "script-src 'self';" in headers["content-security-policy"]
    assert "strict-transport-security" not in headers
    assert "permissions-policy" not in headers


def test_the_settings_change_them(answer: Answer) -> None:
    settings = SecuritySettings(
        nosniff=False,
        frame_options="SAMEORIGIN",
        referrer_policy="no-referrer",
        cross_origin_opener_policy="",
        permissions_policy="camera=()",
        content_security_policy={},
        content_security_policy_report_only={"default-src": ("'self'",)},
    )
    headers = answer(headers_middleware(settings), HTTP, OK).headers
    assert {name: headers.get(name) for name in headers if name != "content-type"} == {
        "x-frame-options": "SAMEORIGIN",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=()",
        "content-security-policy-report-only": "default-src 'self'",
    }


@pytest.mark.parametrize(
    "name",
    [
        "X-Frame-Options",
        "Referrer-Policy",
        "Content-Security-Policy",
        "X-Content-Type-Options",
        "Cross-Origin-Opener-Policy",
    ],
)
def test_a_view_that_sets_one_keeps_it(answer: Answer, name: str) -> None:
    headers = answer(headers_middleware(), HTTP, OK.with_header(name, "own")).headers
    assert list(headers.get_all(name)) == ["own"]


def test_hsts_is_sent_over_https_only(answer: Answer) -> None:
    settings = SecuritySettings(hsts_seconds=3600, hsts_include_subdomains=True, hsts_preload=True)
    value = answer(headers_middleware(settings), HTTPS, OK).headers["strict-transport-security"]
    assert value == "max-age=3600; includeSubDomains; preload"
    assert "strict-transport-security" not in answer(headers_middleware(settings), HTTP, OK).headers


def test_http_is_sent_to_https(answer: Answer) -> None:
    redirected = answer(headers_middleware(SecuritySettings(ssl_redirect=True)), HTTP, OK)
    assert (redirected.status, redirected.headers["location"]) == (301, "https://testserver/a?b=c")
    assert answer(headers_middleware(SecuritySettings(ssl_redirect=True)), HTTPS, OK).status == 200


def test_a_post_keeps_its_method_and_the_host_can_be_set(answer: Answer) -> None:
    settings = SecuritySettings(ssl_redirect=True, ssl_host="secure.test", ssl_exempt=("/health",))
    redirected = answer(headers_middleware(settings), Request.build("POST", "//evil.test/x"), OK)
    assert (redirected.status, redirected.headers["location"]) == (308, "https://secure.test//evil.test/x")
    assert answer(headers_middleware(settings), Request.build("GET", "/health"), OK).status == 200


def test_the_nonce_is_in_the_policy_if_the_page_asked_for_it(answer: Answer) -> None:
    values = set()
    for _ in range(2):
        request = Request.build()

        def middleware(handler: object, request: Request = request) -> object:
            async def view(_: Request) -> Response:
                return Response.text(request[CSP_NONCE])

            return headers_middleware()(view)

        response = answer(middleware, request, OK)  # type: ignore[arg-type]  # a middleware that ignores its handler
        assert isinstance(response.body, bytes)
        nonce = response.body.decode()
        assert re.fullmatch(r"[\w-]{24}", nonce)
        assert f"script-src 'self' 'nonce-{nonce}';" in response.headers["content-security-policy"]
        values.add(nonce)
    assert len(values) == 2


@pytest.mark.parametrize(
    ("directive", "source"),
    [
        ("script-src", "'self'; object-src *"),
        ("script-src", "a,b"),
        ("script-src", "a b"),
        ("script-src", "a\r\nb"),
        ("Script", "a"),
        ("x y", "a"),
        ("script-src", ""),
    ],
)
def test_a_policy_that_would_read_as_another_is_refused(directive: str, source: str) -> None:
    with pytest.raises(PolicyError):
        format_policy({directive: (source,)})
    with pytest.raises(PolicyError):
        headers_middleware(SecuritySettings(content_security_policy={directive: (source,)}))


def test_a_directive_without_sources_is_written() -> None:
    assert format_policy({"upgrade-insecure-requests": (), "script-src": (NONCE,)}, "abc") == (
        "upgrade-insecure-requests; script-src 'nonce-abc'"
    )


@pytest.mark.parametrize(
    ("policy", "written"),
    [
        ({"default-src": "'self'"}, "default-src 'self'"),
        ({"upgrade-insecure-requests": True}, "upgrade-insecure-requests"),
        ({"default-src": ["'self'"], "img-src": None, "font-src": False}, "default-src 'self'"),
        ({"img-src": {"https://b.test", "https://a.test"}}, "img-src https://a.test https://b.test"),
        ({"default-src": (source for source in ["'self'"])}, "default-src 'self'"),
        ({"img-src": None}, None),
    ],
)
def test_a_view_gives_its_sources_as_a_list_a_text_or_a_flag(policy: Any, written: str | None) -> None:
    @csp_override(policy)
    async def view(request: Request) -> Response:
        return Response.text("")

    for _ in range(2):
        answer = asyncio.run(headers_middleware()(view)(Request.build()))
        assert answer.headers.get("content-security-policy") == written


@pytest.mark.parametrize(
    ("policy", "message"),
    [
        ({"default-src": "'self' https://a.test"}, "without spaces"),
        ({"default-src": ["'self'; script-src *"]}, "without spaces"),
        ({"Default-Src": ["'self'"]}, "lower case"),
        ({"default-src": 1}, "a list of sources"),
        (["default-src"], "a mapping"),
    ],
)
def test_a_policy_that_cannot_be_written_is_told_where_the_view_is_declared(policy: Any, message: str) -> None:
    for decorator in (csp_override, csp_report_only_override):
        with pytest.raises(PolicyError, match=message):
            decorator(policy)
