"""Who may read answers from another site's page."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.security import CorsSettings, PolicyError, cors_middleware

APP = "https://app.example.com"


async def view(request: Request) -> Response:
    return Response.text("secret").with_vary("Accept")


def ask(settings: CorsSettings, method: str = "GET", path: str = "/", **headers: str) -> Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(cors_middleware(settings)(view)(Request.build(method, path, headers=fields)))


def test_a_known_origin_may_read_and_caches_know_that_it_matters() -> None:
    settings = CorsSettings(origins=(APP,), credentials=True, expose=("ETag",))
    response = ask(settings, Origin=APP)
    assert response.headers["access-control-allow-origin"] == APP
    assert response.headers["access-control-allow-credentials"] == "true"
    assert response.headers["access-control-expose-headers"] == "ETag"
    assert response.headers["vary"] == "Accept, Origin"
    for origin in (
        "https://evil.test",
        "https://app.example.com.evil.test",
        "null",
        "http://app.example.com",
        APP.upper(),
    ):
        other = ask(settings, Origin=origin)
        assert "access-control-allow-origin" not in other.headers
        assert other.headers["vary"] == "Accept, Origin"
        assert other.body == b"secret"
    assert "access-control-allow-origin" not in ask(settings).headers


def test_patterns_match_the_whole_origin() -> None:
    settings = CorsSettings(origin_patterns=(r"https://[a-z]+\.example\.com",))
    assert "access-control-allow-origin" in ask(settings, Origin="https://a.example.com").headers
    for origin in ("https://a.example.com.evil.test", "xhttps://a.example.com", "https://a-example.com"):
        assert "access-control-allow-origin" not in ask(settings, Origin=origin).headers


def test_a_preflight_is_answered_without_the_view() -> None:
    settings = CorsSettings(origins=(APP,), headers=("X-A",), methods=("put",), private_network=True)
    response = ask(
        settings,
        "OPTIONS",
        Origin=APP,
        Access_Control_Request_Method="PUT",
        Access_Control_Request_Headers="x-a, X-B, content-type, bad header",
        Access_Control_Request_Private_Network="true",
    )
    assert (response.status, response.body) == (204, b"")
    assert response.headers["access-control-allow-methods"] == "PUT"
    assert response.headers["access-control-allow-headers"] == "x-a, content-type"
    assert response.headers["access-control-allow-private-network"] == "true"
    assert response.headers["access-control-max-age"] == "600"
    refused = ask(settings, "OPTIONS", Origin="https://evil.test", Access_Control_Request_Method="PUT")
    assert (refused.status, "access-control-allow-origin" in refused.headers) == (204, False)
    plain = ask(settings, "OPTIONS", Origin=APP)
    assert plain.body == b"secret"


def test_all_origins_get_a_star_and_only_below_the_paths_named() -> None:
    settings = CorsSettings(all_origins=True, paths=("/api/",), headers=("*",))
    response = ask(settings, path="/api/x", Origin="https://any.test")
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["vary"] == "Accept"
    assert "access-control-allow-origin" not in ask(settings, path="/x", Origin="https://any.test").headers


@pytest.mark.parametrize("debug", [True, False])
def test_any_origin_is_let_in_everywhere_while_developing_and_not_on_a_server(debug: bool) -> None:
    handler = cors_middleware(CorsSettings(all_origins=True, origins=(APP,)), debug=debug)(view)

    def allowed(origin: str, **more: str) -> str | None:
        fields = {"Origin": origin, **{name.replace("_", "-"): value for name, value in more.items()}}
        response = asyncio.run(handler(Request.build("OPTIONS" if more else "GET", headers=fields)))
        assert ("Origin" in response.headers.get("vary", "")) is not debug
        return response.headers.get("access-control-allow-origin")

    anybody = "*" if debug else None
    assert allowed("https://any.test") == anybody
    assert allowed("https://any.test", Access_Control_Request_Method="PUT") == anybody
    assert allowed(APP) == ("*" if debug else APP)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"all_origins": True, "credentials": True}, "any site could act"),
        ({"origins": ("https://app.example.com/",)}, "without a path"),
        ({"origins": ("app.example.com",)}, "an origin"),
        ({"origin_patterns": ("[",)}, "regular expression"),
        ({"headers": ("a b",)}, "names"),
        ({"max_age": -1}, "seconds"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(PolicyError, match=message):
        CorsSettings(**settings)  # type: ignore[arg-type]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=80))
def test_no_origin_but_those_named_is_ever_let_in(origin: str) -> None:
    response = ask(CorsSettings(origins=(APP,)), Origin=origin)
    assert ("access-control-allow-origin" in response.headers) == (origin.strip() == APP)
