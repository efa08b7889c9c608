"""What browsers are told about frames, policies and data, and what they tell about where a request comes from."""

import asyncio
from typing import Any

import pytest

from partita.http import Forbidden, Headers, Request, Response, UnsupportedMediaType
from partita.http.drafts import HttpRequest, HttpResponse
from partita.security import (
    CSP,
    CSP_NONCE,
    CsrfFailed,
    PolicyError,
    SecuritySettings,
    clear_site_data,
    clears_site_data,
    content_types_middleware,
    csp_override,
    csp_report_only_override,
    csrf_middleware,
    csrf_protect,
    ensure_csrf_cookie,
    fetch_metadata_exempt,
    fetch_metadata_guard,
    get_token,
    headers_middleware,
    require_content_type,
    xframe_options_deny,
    xframe_options_exempt,
    xframe_options_sameorigin,
)
from partita.security.policies import policy_problems
from partita.security.settings import DEFAULT_POLICY


async def plain(request: Request) -> Response:
    return Response.text("x")


def drafted(request: HttpRequest) -> HttpResponse:
    return HttpResponse("x")


def ask(view: Any, settings: SecuritySettings | None = None, **options: Any) -> Response:
    return asyncio.run(headers_middleware(settings)(view)(Request.build(**options)))


def test_a_view_says_who_may_frame_it() -> None:
    assert ask(plain).headers["x-frame-options"] == "DENY"
    assert ask(xframe_options_sameorigin(plain)).headers["x-frame-options"] == "SAMEORIGIN"
    assert ask(xframe_options_deny(xframe_options_sameorigin(plain))).headers["x-frame-options"] == "SAMEORIGIN"
    exempt = ask(xframe_options_exempt(plain))
    assert "x-frame-options" not in exempt.headers
    assert "frame-ancestors" not in exempt.headers["content-security-policy"]
    draft = xframe_options_deny(drafted)(HttpRequest(Request.build()))
    assert (type(draft), draft["x-frame-options"]) == (HttpResponse, "DENY")
    free: Any = xframe_options_exempt(drafted)(HttpRequest(Request.build()))
    assert free.xframe_options_exempt


def test_a_view_has_a_policy_of_its_own() -> None:
    async def with_nonce(request: Request) -> Response:
        return Response.text(request[CSP_NONCE])

    own = csp_override({"default-src": [CSP.SELF], "script-src": [CSP.NONCE]})
    response = ask(own(with_nonce))
    assert isinstance(response.body, bytes)
    assert (
        response.headers["content-security-policy"]
        == f"default-src 'self'; script-src 'nonce-{response.body.decode()}'"
    )
    assert "content-security-policy" not in ask(csp_override({})(plain)).headers
    tried = ask(csp_report_only_override({"img-src": ["https:"]})(plain)).headers
    assert tried["content-security-policy-report-only"] == "img-src https:"
    assert tried["content-security-policy"].startswith("default-src 'self'")
    with pytest.raises(PolicyError):
        csp_override("default-src 'self'")  # type: ignore[arg-type]


def test_more_headers_of_isolation() -> None:
    settings = SecuritySettings(
        cross_origin_embedder_policy="require-corp",
        cross_origin_resource_policy="same-origin",
        origin_agent_cluster=True,
        document_policy="document-write=?0",
        reporting_endpoints={"csp": "/reports"},
    )
    headers = ask(plain, settings).headers
    assert headers["cross-origin-embedder-policy"] == "require-corp"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["origin-agent-cluster"] == "?1"
    assert headers["document-policy"] == "document-write=?0"
    assert headers["reporting-endpoints"] == 'csp="/reports"'


@pytest.mark.parametrize(
    ("policy", "word"),
    [
        ({}, "come from anywhere"),
        ({"script-src": ["'unsafe-inline'"]}, "'unsafe-inline'"),
        ({"script-src": ["'unsafe-eval'"]}, "'unsafe-eval'"),
        ({"default-src": ["*"]}, "any site"),
        ({"default-src": ["'self'"]}, "object-src"),
        ({"default-src": ["'none'"]}, "base-uri"),
        ({"img-src": ["'none'", "'self'"]}, "void"),
        ({"img-src": ["self"]}, "quotes"),
        ({"script-src": ["'self'"], "script-src-elem": ["'unsafe-inline'"]}, "script-src-elem has 'unsafe-inline'"),
        ({"script-src": ["'self'"], "script-src-attr": ["'unsafe-inline'"]}, "script-src-attr has 'unsafe-inline'"),
        ({"script-src": ["'self'"], "script-src-elem": ["https:"]}, "script-src-elem takes scripts from any site"),
        ({"script-src": ["https://*"]}, "any site"),
        ({"script-src": ["*:*"]}, "any site"),
        ({"script-src": ["'strict-dynamic'"]}, "no script runs"),
        ({**DEFAULT_POLICY, "scrpt-src": ["'none'"]}, "scrpt-src is no directive"),
        ({"img-src": ["'slef'"]}, "'slef', which is none of the words"),
        ({"img-src": ["'sha256-abc"]}, "'sha256-abc without its quote at the end"),
        ({"frame-ancestors": ["*"]}, "any site put the pages into a frame"),
    ],
)
def test_what_is_unsafe_in_a_policy_is_named(policy: Any, word: str) -> None:
    assert any(word in problem for problem in policy_problems(policy))


def test_the_default_policy_is_safe() -> None:
    assert policy_problems(SecuritySettings().content_security_policy) == []


@pytest.mark.parametrize(
    "policy",
    [
        {"script-src": ["'nonce'", "'unsafe-inline'"]},
        {"script-src": ["'sha256-abc='", "'strict-dynamic'", "https:", "'unsafe-inline'"]},
        {"script-src-attr": ["'none'"], "script-src-elem": ["'self'", "https://*.cdn.test"]},
        {"trusted-types": ["'allow-duplicates'", "dompurify"], "require-trusted-types-for": ["'script'"]},
        {"upgrade-insecure-requests": [], "sandbox": ["allow-forms"], "report-to": ["csp"]},
    ],
)
def test_what_is_safe_in_a_policy_is_not_named(policy: dict[str, list[str]]) -> None:
    assert policy_problems({**DEFAULT_POLICY, **policy}) == []


def test_at_log_out_browsers_forget() -> None:
    response = asyncio.run(clears_site_data()(plain)(Request.build()))
    assert response.headers["clear-site-data"] == '"cache", "cookies", "storage"'
    assert clear_site_data(Response(), ["*"]).headers["clear-site-data"] == '"*"'
    with pytest.raises(ValueError, match="not everything"):
        clear_site_data(Response(), ["everything"])  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("method", "headers", "passes"),
    [
        ("POST", {}, True),
        ("GET", {"Sec-Fetch-Site": "same-origin"}, True),
        ("GET", {"Sec-Fetch-Site": "same-site"}, True),
        ("GET", {"Sec-Fetch-Site": "none"}, True),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, True),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, False),
        ("POST", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, False),
        ("GET", {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, False),
        ("OPTIONS", {"Sec-Fetch-Site": "cross-site", "Access-Control-Request-Method": "PUT"}, True),
    ],
)
def test_other_sites_may_link_and_load_nothing(method: str, headers: dict[str, str], passes: bool) -> None:
    guard = fetch_metadata_guard(exempt_paths=["/open/"])

    async def check(path: str, view: object) -> bool:
        try:
            asked = guard(Request.build(method, path, headers=headers), view)
            return asked is None or await asked is None
        except Forbidden:
            return False

    async def free(request: Request) -> Response:
        return Response()

    assert asyncio.run(check("/", plain)) is passes
    assert asyncio.run(check("/open/a", plain))
    assert asyncio.run(check("/", fetch_metadata_exempt(free)))


def test_bodies_of_other_types_are_refused() -> None:
    view = require_content_type("application/json", "text/*")(plain)

    def sent(kind: str | None, body: bytes = b"x") -> Request:
        return Request.build("POST", "/", body=body, headers={} if kind is None else {"Content-Type": kind})

    for kind in ("application/json", "application/json; charset=utf-8", "text/csv"):
        assert asyncio.run(view(sent(kind))).status == 200
    assert asyncio.run(view(sent(None, b""))).status == 200
    for bad in ("application/xml", None):
        with pytest.raises(UnsupportedMediaType):
            asyncio.run(view(sent(bad)))
    layer = content_types_middleware(["application/json"], exempt=["/files/"])(plain)
    refused = asyncio.run(layer(sent("text/plain")))
    assert (refused.status, refused.headers["accept"]) == (415, "application/json")
    free = Request.build("POST", "/files/a", body=b"x", headers={"Content-Type": "image/png"})
    assert asyncio.run(layer(free)).status == 200


@pytest.mark.parametrize("version", ["2", "3"])
def test_a_body_whose_length_nobody_announced_has_a_type_as_well(version: str) -> None:
    """From HTTP/2 on a body needs neither ``Content-Length`` nor ``Transfer-Encoding``."""
    view: Any = require_content_type("application/json")(plain)
    layer = content_types_middleware(["application/json"])(plain)

    def sent(method: str = "POST", **headers: str) -> Request:
        fields = [(name.replace("_", "-"), value) for name, value in headers.items()]
        return Request(method, "/", headers=Headers(fields), http_version=version)

    for bad in (sent(), sent(content_type="text/plain"), sent("PUT", content_type="text/plain", content_length="3")):
        with pytest.raises(UnsupportedMediaType):
            asyncio.run(view(bad))
        with pytest.raises(UnsupportedMediaType):
            asyncio.run(view(HttpRequest.of(bad)))
        assert asyncio.run(layer(bad)).status == 415
    for good in (sent("GET"), sent(content_length="0"), sent(content_type="application/json")):
        assert asyncio.run(view(good)).status == 200
        assert asyncio.run(layer(good)).status == 200


def test_one_view_is_protected_or_sends_the_cookie() -> None:
    async def awaited(request: Request) -> Response:
        return Response.text("done")

    def called(request: Request) -> Response:
        return Response.text("done")

    async def token_view(request: Request) -> Response:
        return Response.text(get_token(request))

    def through(view: Any, request: Request) -> Response:
        async def handler(request: Request) -> Response:
            answered = view(request)
            return await answered if asyncio.iscoroutine(answered) else answered  # type: ignore[no-any-return]

        return asyncio.run(csrf_middleware()(handler)(request))

    shown = through(token_view, Request.build())
    cookie = shown.headers["set-cookie"].partition(";")[0]
    assert isinstance(shown.body, bytes)
    token = shown.body.decode()
    for view in (csrf_protect(awaited), csrf_protect(called)):
        with pytest.raises(CsrfFailed):
            through(view, Request.build("POST"))
        with pytest.raises(CsrfFailed):
            through(view, Request.build("POST", headers={"Origin": "https://evil.test", "Cookie": cookie}))
        for options in (
            {"headers": {"Cookie": cookie, "X-CSRF-Token": token}},
            {"headers": {"Cookie": cookie}, "form": {"csrfmiddlewaretoken": token}},
            {"headers": {"Sec-Fetch-Site": "same-origin"}},
        ):
            assert through(view, Request.build("POST", **options)).status == 200  # type: ignore[arg-type]
    assert "set-cookie" in through(ensure_csrf_cookie(awaited), Request.build()).headers
