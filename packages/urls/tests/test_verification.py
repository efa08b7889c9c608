"""Names and arguments of routes that cannot work are found without running anything."""

import argparse
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.urls import ROUTER, PatternError, Router, include, path, re_path
from partita.urls.commands import RoutesCommand
from partita.urls.typed import typed_functions
from partita.urls.verification import verify_files, verify_source


def view(request: object, **kwargs: object) -> None:
    """A view."""


shop = [
    path("<slug:artist>/<int:pk>/", view, name="album"),
    path("<slug:artist>/", view, name="artist"),
    path("all/", view, {"artist": "all"}, name="artist"),
    path("day/<date:on>/<uuid:of>/", view, name="day"),
    re_path(r"^y(?P<year>[0-9]{4})/$", view, name="year"),
    re_path(r"^p([0-9]{4})/$", view, name="positional"),
]
router = Router(
    [path("", view, name="home"), path("music/", include((shop, "shop"))), path("x/", view, name="two-words")]
)


@pytest.mark.parametrize(
    "call",
    [
        *('reverse("home")', 'reverse("shop:album", artist="a", pk=1)', 'reverse("shop:album", "a", 1)'),
        *('reverse("shop:album", args=["a", 1])', 'urls.reverse_lazy("shop:artist", kwargs={"artist": name})'),
        *(
            'reverse("shop:artist")',
            'reverse("home", query={"a": 1}, fragment="b")',
            'redirect("home", permanent=True)',
        ),
        *('redirect("/path/")', 'redirect("https://example.com")', "reverse(name)", 'reverse("shop:album", **values)'),
        *('reverse("shop:album", *values)', 'reverse("shop:album", kwargs=values)', '"".reverse', "reverse()"),
        *('reverse("shop:album", args=values)', 'reverse("shop:album", kwargs={**values})', 'redirect("shop.views.x")'),
    ],
)
def test_calls_that_may_work_are_left_in_peace(call: str) -> None:
    assert verify_source(router, call) == []


@pytest.mark.parametrize(
    ("call", "found", "said"),
    [
        ('reverse("hom")', "urls.E012", "did you mean 'home'"),
        ('reverse("shopp:album")', "urls.E012", "no namespace 'shopp'"),
        ('reverse("shop:album")', "urls.E013", "takes (artist, pk), and is given no values"),
        ('reverse("shop:album", artist="a")', "urls.E013", "is given the names artist"),
        ('reverse("shop:album", artist="a", pk=1, page=2)', "urls.E013", "artist, page, pk"),
        ('reverse("shop:album", "a")', "urls.E013", "is given 1 values"),
        ('reverse("shop:album", kwargs={"artist": 1, "p": 2})', "urls.E013", "artist, p"),
        ('redirect("shop:album", pk=1)', "urls.E013", "is given the names pk"),
        ("def", "urls.E011", "no Python"),
    ],
)
def test_calls_that_cannot_work_are_found_with_their_place(call: str, found: str, said: str) -> None:
    (problem,) = verify_source(router, f"\n{call}", "shop/views.py")
    assert (problem.id, problem.text.startswith("shop/views.py:2: ")) == (found, True)
    assert said in problem.text


def run(*arguments: str) -> int:
    app, command, parser = SimpleRegistrar(), RoutesCommand(), argparse.ArgumentParser()
    app.provide(ROUTER, lambda: router)
    command.add_arguments(parser)
    return command.run(app, parser.parse_args(arguments))


def test_the_command_fails_the_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "good.py").write_text('reverse("home")\n')
    assert run("--verify", str(tmp_path)) == 0
    (tmp_path / "bad.py").write_text('reverse("home", pk=1)\nreverse("missing")\n')
    assert run("--verify", str(tmp_path)) == 1
    assert [line.rpartition(" ")[2] for line in capsys.readouterr().out.splitlines()] == ["(urls.E013)", "(urls.E012)"]
    assert len(verify_files(router, [tmp_path / "bad.py"])) == 2


USES = """
import datetime
import uuid
import links

links.home()
links.two_words(query={"page": 2}, fragment="top")
links.shop.album(artist="abba", pk=7)
links.shop.artist()
links.shop.artist(artist="abba")
links.shop.day(on=datetime.date(2026, 1, 1), of=uuid.uuid4())
links.shop.year(year="2026")
links.shop.album(artist="abba")
links.shop.album(artist="abba", pk="7")
links.shop.album(artist="abba", pk=7, page=2)
links.shop.artist(pk=1)
links.shop.positional()
"""


def test_a_type_checker_finds_wrong_arguments_of_typed_functions(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--typed") == 0
    (tmp_path / "links.py").write_text(capsys.readouterr().out)
    (tmp_path / "uses.py").write_text(USES)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), "uses.py", "links.py"]
    said = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout
    lines = sorted({int(line.split(":")[1]) for line in said.splitlines() if ": error:" in line})
    assert lines == [13, 14, 15, 16, 17], said
    assert "links.py:" not in said


def test_typed_functions_give_the_paths() -> None:
    from partita.contracts.current import CURRENT

    names: dict[str, object] = {}
    exec(typed_functions(router), names)
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: router)
    token = CURRENT.set(app)
    try:
        made = eval("(home(), shop.album(artist='abba', pk=7), shop.artist(artist='x', query={'a': 1}))", names)
    finally:
        CURRENT.reset(token)
    assert made == ("/", "/music/abba/7/", "/music/x/?a=1")


def test_names_that_would_become_one_are_refused() -> None:
    with pytest.raises(PatternError, match="like that of 'a-b'"):
        typed_functions(Router([path("1/", view, name="a-b"), path("2/", view, name="a_b")]))


def test_optional_groups_and_strange_names_have_typed_functions_that_work() -> None:
    own = Router(
        [
            re_path(r"^(?P<year>[0-9]{4})/(?:(?P<month>[0-9]{2})/)?$", view, name="archive"),
            path("quote/", view, name='say "hi" \\'),
            path("left/<slug:class>/", view, name="left"),
        ]
    )
    written = typed_functions(own)
    assert "def archive(*, year: str, query" in written
    assert "def archive(*, year: str, month: str, query" in written
    assert "left" not in written
    names: dict[str, Any] = {}
    app = SimpleRegistrar()
    app.provide(ROUTER, lambda: own)
    token = CURRENT.set(app)
    try:
        exec(written, names)
        assert names["archive"](year="2026") == "/2026/"
        assert names["archive"](year="2026", month="11") == "/2026/11/"
        assert names["say__hi___"]() == "/quote/"
    finally:
        CURRENT.reset(token)


def test_names_of_other_routes_are_not_looked_for() -> None:
    assert verify_source(router, 'reverse("of-others", urlconf="others.urls")') == []
