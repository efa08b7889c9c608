"""The settings say whether routes are remembered."""

import pytest

from partita.http import Request, Response
from partita.urls import ROUTER, path
from partita.web import App, Settings


async def view(request: Request, pk: int) -> Response:
    """Answer."""
    return Response.text(str(pk))


@pytest.mark.parametrize(
    ("options", "remembered"),
    [({}, False), ({"route_cache": 2}, True), ({"route_cache": 2, "route_cache_seconds": 60.0}, True)],
)
def test_the_setting_chooses_what_is_remembered(options: dict[str, object], remembered: bool) -> None:
    urls = [path("<int:pk>/", view)]
    app = App(Settings("key", sections={"web": options}), urls=urls, default_apps=("partita.http", "partita.urls"))
    router = app.require(ROUTER)
    first = router.match("/1/")
    assert (router._cache is not None) is remembered
    if router._cache is not None:
        assert router._cache._seconds == options.get("route_cache_seconds")
        for number in range(9):
            assert router.match(f"/{number}/").kwargs == {"pk": number}
        assert len(router._cache._found) == 2
    assert router.match("/1/").kwargs == first.kwargs
