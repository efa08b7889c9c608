import asyncio
from typing import Any

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http.handlers import GUARDS, MIDDLEWARE, compose
from partita.http.request import Request
from partita.http.response import Response
from partita.security import CorsSettings, csrf_middleware
from partita.security.checks import check_security
from partita.security.headers import headers_middleware
from partita.security.integration import setup
from partita.security.settings import SecuritySettings


def app(*hosts: str, debug: bool = False, **settings: Any) -> SimpleRegistrar:
    made = SimpleRegistrar(security=settings)
    made.provide(ALLOWED_HOSTS, lambda: hosts)
    made.provide(DEBUG, lambda: debug)
    setup(made)
    return made


def findings(made: SimpleRegistrar) -> list[str]:
    return [finding.id for check in made.all(CHECKS) for finding in check(made)]


async def view(request: Request) -> Response:
    return Response.text("ok")


async def visit(made: SimpleRegistrar, request: Request) -> Response:
    return await compose(view, made.all(MIDDLEWARE))(request)


def test_the_layers_stand_in_order() -> None:
    assert [layer.name for layer in app().all(MIDDLEWARE)] == ["hosts", "alerts", "security headers", "csrf"]
    assert len(app().all(GUARDS)) == 1
    assert ("", "partita.security.templatetags") in app().all(TEMPLATE_LIBRARIES)


def test_an_allowed_host_gets_an_answer_with_headers() -> None:
    response = asyncio.run(visit(app("testserver"), Request.build()))
    assert response.status == 200
    assert response.headers["x-frame-options"] == "DENY"
    assert asyncio.run(visit(app("other"), Request.build())).status == 400


def test_a_forged_host_is_never_redirected_to() -> None:
    made = app("testserver", ssl_redirect=True)
    assert asyncio.run(visit(made, Request.build(headers={"Host": "evil.test"}))).status == 400
    assert asyncio.run(visit(made, Request.build())).status == 301


def test_templates_get_a_token_that_costs_nothing_unless_shown() -> None:
    (processor,) = app().all(CONTEXT_PROCESSORS)

    async def main(show: bool) -> Response:
        async def page(request: Request) -> Response:
            token = processor(request)["csrf_token"]
            return Response.text(str(token) if show else "")

        return await csrf_middleware()(page)(Request.build())

    assert "set-cookie" not in asyncio.run(main(False)).headers
    assert "set-cookie" in asyncio.run(main(True)).headers
    assert processor(None) == {}
    assert processor(Request.build()) == {}


def test_the_check_names_what_is_wrong() -> None:
    assert findings(app("a.test", hsts_seconds=3600, hsts_include_subdomains=True, ssl_redirect=True)) == []
    assert findings(app("a.test", debug=True)) == ["security.W018"]
    assert findings(app(hsts_seconds=1, hsts_include_subdomains=True, ssl_redirect=True)) == ["security.W020"]
    assert findings(app("*", hsts_seconds=1, hsts_include_subdomains=True, ssl_redirect=True)) == ["security.W028"]
    assert findings(app("a.test", content_security_policy={})) == ["security.W004", "security.W008", "security.W026"]


SAFE: dict[str, Any] = {"hsts_seconds": 3600, "hsts_include_subdomains": True, "ssl_redirect": True}


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({"hsts_seconds": 0}, "security.W004"),
        ({"hsts_include_subdomains": False}, "security.W005"),
        ({"hsts_preload": True}, "security.W021"),
        ({"ssl_redirect": False}, "security.W008"),
        ({"nosniff": False}, "security.W006"),
        (
            {"frame_options": "", "content_security_policy": {"default-src": ["'none'"], "base-uri": ["'none'"]}},
            "security.W002",
        ),
        ({"frame_options": "SAMEORIGIN"}, "security.W019"),
        ({"referrer_policy": ""}, "security.W022"),
        ({"referrer_policy": "same-origin, nonsense"}, "security.E023"),
        ({"cross_origin_opener_policy": "nonsense"}, "security.E024"),
        ({"content_security_policy": {"default-src": ["'none'", "'self'"], "base-uri": ["'none'"]}}, "security.E026"),
        ({"content_security_policy": {"default-src": ["'self'"]}}, "security.W027"),
        ({"content_security_policy": {}}, "security.W026"),
        ({"csrf_cookie_secure": False}, "security.W016"),
        ({"cors": CorsSettings(all_origins=True)}, "security.W030"),
    ],
)
def test_each_deploy_check_finds_its_fault(settings: dict[str, Any], found: str) -> None:
    assert found not in findings(app("a.test", **SAFE))
    assert found in findings(app("a.test", **{**SAFE, **settings}))


def test_missing_layers_are_found() -> None:
    made = SimpleRegistrar()
    made.provide(DEBUG, lambda: False)
    made.provide(ALLOWED_HOSTS, lambda: ("a.test",))
    ids = [finding.id for finding in check_security(made, SecuritySettings())]
    assert {"security.W001", "security.W003"} <= set(ids)


def test_settings_add_cors_limits_isolation_and_exemptions() -> None:
    made = app(
        "testserver",
        cors=CorsSettings(origins=("https://app.test",)),
        rate_limits=["1/hour"],
        rate_limit_exempt_paths=["/health"],
        host_exempt_paths=["/health"],
        fetch_metadata=True,
    )
    assert [layer.name for layer in sorted(made.all(MIDDLEWARE), key=lambda layer: layer.order)] == [
        "alerts",
        "hosts",
        "cors",
        "rate limit",
        "security headers",
        "csrf",
    ]
    assert len(made.all(GUARDS)) == 2

    async def twice() -> list[int]:
        handler = compose(view, made.all(MIDDLEWARE))
        origin = {"Origin": "https://app.test"}
        answers = [await handler(Request.build(headers=origin)) for _ in range(2)]
        assert all("access-control-allow-origin" in each.headers for each in answers)
        healthy = await handler(Request.build("GET", "/health", headers={"Host": "10.0.0.1"}))
        return [*[each.status for each in answers], healthy.status]

    assert asyncio.run(twice()) == [200, 429, 200]


def test_templates_have_the_nonce_and_only_then_the_policy_names_it() -> None:
    made = app("a.test")
    (processor,) = made.all(CONTEXT_PROCESSORS)

    def ask(show: bool) -> Response:
        async def page(request: Request) -> Response:
            nonce = processor(request)["csp_nonce"]
            return Response.text(str(nonce) if show else "")

        return asyncio.run(headers_middleware(SecuritySettings())(page)(Request.build()))

    shown = ask(True)
    assert isinstance(shown.body, bytes)
    assert len(shown.body) >= 16
    assert f"'nonce-{shown.body.decode()}'" in shown.headers["content-security-policy"]
    assert "nonce" not in ask(False).headers["content-security-policy"]
