"""The command `routes` lists what the application answers."""

import argparse
import json

import pytest

from partita.contracts.testing.app import SimpleRegistrar
from partita.urls import ROUTER, Router, host, include, path
from partita.urls.commands import RoutesCommand


def view(request: object, **kwargs: object) -> None:
    """A view."""


class Shelf:
    """A view that is an object."""

    def __call__(self, request: object) -> None:
        """Answer."""


ROUTES = [
    path("", view),
    path("music/", include(([path("<int:pk>/", view, name="album", methods=["POST", "GET"])], "shop"))),
    path("shelf/", Shelf(), name="shelf"),
    path("lazy/", "not.imported.view", name="lazy"),
    host("api.example.com", [path("v1/", view, name="api")]),
]


def listed(capsys: pytest.CaptureFixture[str], *arguments: str, routes: list[object] | None = None) -> str:
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: Router(ROUTES if routes is None else routes))  # type: ignore[arg-type]
    command, parser = RoutesCommand(), argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(app, parser.parse_args(arguments)) == 0
    return capsys.readouterr().out


def test_routes_are_listed_in_the_order_in_which_they_are_tried(capsys: pytest.CaptureFixture[str]) -> None:
    lines = listed(capsys).splitlines()
    assert [line.split()[0] for line in lines] == ["/", "/music/<int:pk>/", "/shelf/", "/lazy/", "api.example.com/v1/"]
    assert [line.split()[-1] for line in lines] == [
        f"{__name__}.view", f"{__name__}.view", f"{__name__}.Shelf", "not.imported.view", f"{__name__}.view",
    ]  # fmt: skip
    assert lines[1].split()[1:-1] == ["shop:album", "GET,", "HEAD,", "POST"]  # what answers GET answers HEAD
    assert lines[0].split()[1:-1] == ["any"]


def test_their_columns_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    lines = listed(capsys).splitlines()
    starts = {line.index(line.split()[-1]) for line in lines}
    assert len(starts) == 1
    assert not any(line.endswith(" ") for line in lines)


def test_without_routes_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    assert listed(capsys, routes=[]) == ""


def test_programs_read_them_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    rows = json.loads(listed(capsys, "--json"))
    assert rows[1] == {
        "host": "",
        "route": "music/<int:pk>/",
        "name": "shop:album",
        "methods": "GET, HEAD, POST",
        "view": f"{__name__}.view",
    }
    assert [row["host"] for row in rows] == ["", "", "", "", "api.example.com"]
    assert rows[0]["methods"] == ""
