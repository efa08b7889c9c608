import asyncio

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import Request, Response
from partita.urls import ROUTER, Route, Router, path
from partita.views.redirects import redirect_route


async def album(request: Request, pk: int) -> Response:
    """Answer."""
    return Response.text(str(pk))


def ask(route: Route, target: str, method: str = "GET") -> Response:
    router = Router([route, path("albums/<int:pk>/", album, name="album")])
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: router)
    token = CURRENT.set(app)
    try:
        request = Request.build(method, target)
        match = router.match(request.path, method)
        made: Response = asyncio.run(match.view(request, *match.args, **match.kwargs))
        return made
    finally:
        CURRENT.reset(token)


@pytest.mark.parametrize(
    ("route", "target", "status", "location"),
    [
        (redirect_route("cd/<int:pk>/", "album"), "/cd/7/", 301, "/albums/7/"),
        (redirect_route("cd/<int:pk>/", "album", permanent=False), "/cd/7/", 302, "/albums/7/"),
        (redirect_route("cd/", "album", kwargs={"pk": 1}), "/cd/?a=1", 301, "/albums/1/"),
        (redirect_route("cd/<int:pk>/", "/new/{pk}/", keep_query=True), "/cd/7/?a=1", 301, "/new/7/?a=1"),
        (redirect_route("s/", "/find?kind=cd", keep_query=True), "/s/?q=x", 301, "/find?kind=cd&q=x"),
        (redirect_route("f/", "/new/#top?", keep_query=True), "/f/?a=1", 301, "/new/?a=1#top?"),
        (redirect_route("g/", "/new/?b=2#top", keep_query=True), "/g/?a=1", 301, "/new/?b=2&a=1#top"),
        (redirect_route("at/<str:x>/", "/new/{x}"), "/at/a%20%3Fb/", 301, "/new/a%20%3Fb"),
        (redirect_route("out/", "https://example.com/"), "/out/", 301, "https://example.com/"),
    ],
)
def test_a_route_leads_elsewhere_without_a_view(route: Route, target: str, status: int, location: str) -> None:
    response = ask(route, target)
    assert (response.status, response.headers["location"]) == (status, location)


@pytest.mark.parametrize(("permanent", "status"), [(True, 308), (False, 307)])
def test_other_methods_are_kept(permanent: bool, status: int) -> None:
    assert ask(redirect_route("a/", "/b/", permanent=permanent), "/a/", "POST").status == status


def test_what_a_visitor_captures_does_not_choose_the_host() -> None:
    response = ask(redirect_route("to/<path:rest>", "/{rest}"), "/to//evil.example/")
    assert response.headers["location"] == "/%2Fevil.example%2F"


def test_a_value_that_is_not_captured_is_told_at_once() -> None:
    with pytest.raises(ValueError, match="needs slug"):
        redirect_route("cd/<int:pk>/", "/new/{slug}/")
