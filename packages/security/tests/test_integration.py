import asyncio
from typing import Any

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.current import CURRENT
from partita.contracts.settings import ALLOWED_HOSTS, DEBUG
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http.handlers import GUARDS, MIDDLEWARE, compose
from partita.http.request import Request
from partita.http.response import Response
from partita.security import CorsSettings, CsrfFailed, PolicyError, csrf_middleware, csrf_protect
from partita.security.checks import check_security
from partita.security.headers import headers_middleware
from partita.security.integration import setup
from partita.security.settings import DEFAULT_POLICY, SecuritySettings, StrictSettings


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
    assert [layer.name for layer in app().all(MIDDLEWARE)] == [
        "headers of refusals",
        "hosts",
        "alerts",
        "security headers",
        "csrf",
    ]
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
        (
            {"frame_options": "", "content_security_policy": {**DEFAULT_POLICY, "frame-ancestors": ["*"]}},
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
        "headers of refusals",
        "hosts",
        "cors",
        "rate limit",
        "security headers",
        "fetch metadata",
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


@pytest.mark.parametrize("path", ["/free/page", "/page"])
def test_one_view_that_is_protected_trusts_the_origins_of_the_settings(path: str) -> None:
    made = app("testserver", trusted_origins=("https://partner.test",), csrf_exempt_paths=("/free/",))
    (guard,) = made.all(GUARDS)

    @csrf_protect
    async def awaiting(request: Request) -> Response:
        return Response.text("ok")

    @csrf_protect
    def calling(request: Request) -> Response:
        return Response.text("ok")

    async def asked(request: Request, own: Any) -> Response:
        refusal = guard(request, own)
        if refusal is not None:
            await refusal
        answer = own(request)
        return await answer if asyncio.iscoroutine(answer) else answer  # type: ignore[no-any-return]

    async def send(own: Any, **headers: str) -> Response:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        layers = compose(lambda request: asked(request, own), made.all(MIDDLEWARE))
        return await layers(Request.build("POST", path, headers=fields))

    token = CURRENT.set(made)
    try:
        for own in (awaiting, calling):
            for site in ({}, {"Sec_Fetch_Site": "cross-site"}):
                assert asyncio.run(send(own, Origin="https://partner.test", **site)).status == 200
                with pytest.raises(CsrfFailed):
                    asyncio.run(send(own, Origin="https://evil.test", **site))
    finally:
        CURRENT.reset(token)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hsts_seconds", -1),
        ("trusted_origins", ("shop.test",)),
        ("trusted_origins", ("https://",)),
        ("trusted_origins", ("https://*",)),
        ("trusted_origins", ("https://shop.test/path",)),
        ("trusted_origins", ("https://a.*.test",)),
        ("ssl_host", "https://shop.test"),
        ("ssl_host", "shop.test/x"),
        ("csrf_cookie_name", "a b"),
        ("csrf_cookie_name", ""),
        ("csrf_header_name", "a\r\nb"),
        ("reporting_endpoints", {"a b": "/x"}),
        ("reporting_endpoints", {"a": '/x", evil="https://evil.test'}),
        ("reporting_endpoints", {"a": "/\u00e9"}),
    ],
)
def test_a_setting_that_would_have_no_effect_or_break_an_answer_is_refused(name: str, value: Any) -> None:
    with pytest.raises(PolicyError, match=name):
        SecuritySettings(**{name: value})
    with pytest.raises(PolicyError, match=name):
        StrictSettings(**{name: value})


def test_a_cookie_that_browsers_drop_is_refused() -> None:
    with pytest.raises(PolicyError, match="browsers drop"):
        SecuritySettings(csrf_cookie_samesite="None", csrf_cookie_secure=False)
    assert SecuritySettings(csrf_cookie_samesite="None").csrf_cookie_secure is None


def test_settings_of_every_kind_are_taken() -> None:
    origins = ("https://*.Example.com:8443", "http://localhost:3000", "https://[::1]", "capacitor://localhost")
    made = SecuritySettings(trusted_origins=origins, ssl_host="shop.test:8443", reporting_endpoints={"csp-2": "/r?a=b"})
    assert made.trusted_origins == origins


def test_caches_are_told_what_isolation_looks_at() -> None:
    plain = asyncio.run(visit(app("testserver"), Request.build()))
    isolated = asyncio.run(visit(app("testserver", fetch_metadata=True), Request.build()))
    assert "sec-fetch-site" not in plain.headers.get("vary", "").lower()
    assert isolated.headers["vary"] == "Sec-Fetch-Dest, Sec-Fetch-Mode, Sec-Fetch-Site"


@pytest.mark.parametrize(("debug", "paths", "found"), [(True, [], "*"), (False, [], None), (False, ["/"], "*")])
def test_any_origin_counts_while_developing_or_for_the_paths_that_are_named(
    debug: bool, paths: list[str], found: str | None
) -> None:
    made = app("testserver", debug=debug, cors=CorsSettings(all_origins=True, paths=tuple(paths)))
    response = asyncio.run(visit(made, Request.build(headers={"Origin": "https://any.test"})))
    assert response.headers.get("access-control-allow-origin") == found
    (said,) = [each for check in made.all(CHECKS) for each in check(made) if each.id == "security.W030"]
    assert ("below /" in said.text) is bool(paths)
