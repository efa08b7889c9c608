"""Static files: found, served, named, collected; and what is kept out."""

import argparse
import asyncio
import gzip
import os
from functools import partial
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.current import CURRENT
from partita.contracts.static import ASSET_URL, STATIC_DIRS
from partita.contracts.storage import STORAGES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import MIDDLEWARE, MethodNotAllowed, Request, Response
from partita.static import (
    STATIC,
    STATIC_SOURCES,
    StaticError,
    StaticFiles,
    StaticNameError,
    collect,
    prefixes,
    serve_static,
)
from partita.static.integration import StaticSettings, setup
from partita.templates import Engine
from partita.templates.checking import check_templates


class Registrar(SimpleRegistrar):
    """Takes settings as the struct itself."""

    def section(self, name: str, kind: type) -> object:  # type: ignore[override]
        """See `Registrar.section`."""
        return kind(**self._sections.get(name, {}))


@pytest.fixture
def site(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders, of which the first hides files of the second, and things that must stay hidden."""
    own, package = tmp_path / "static", tmp_path / "package"
    for folder in (own / "shop", package / "shop", own / ".git", tmp_path / "static-old"):
        folder.mkdir(parents=True)
    (own / "shop" / "a.css").write_text("own")
    (package / "shop" / "a.css").write_text("package")
    (package / "shop" / "b ü.js").write_text("let b;")
    (own / ".git" / "config").write_text("hidden")
    (own / ".env").write_text("hidden")
    (tmp_path / "secret.txt").write_text("outside")
    (tmp_path / "static-old" / "x.css").write_text("sibling")
    (own / "out.txt").symlink_to(tmp_path / "secret.txt")
    (own / "old").symlink_to(tmp_path / "static-old")
    (own / "inside.css").symlink_to(own / "shop" / "a.css")
    return own, package


async def beyond(request: Request) -> Response:
    """Stand for the rest of the application."""
    return Response.text("beyond", 404)


def ask(site: tuple[Path, ...], target: str, method: str = "GET", max_age: int = 60, **headers: str) -> Response:
    """Ask for a file."""
    handler = serve_static(lambda: StaticFiles(site), max_age)(beyond)
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(_answer(handler(Request.build(method, target, headers=fields))))


async def _answer(answer: object) -> Response:
    response: Response = await answer  # type: ignore[misc]
    return response.with_header("x-body", (await response.aread()).hex())


def body(response: Response) -> str:
    """Return what `ask` read."""
    return raw(response).decode()


def raw(response: Response) -> bytes:
    """Return what `ask` read, as bytes."""
    return bytes.fromhex(response.headers["x-body"])


def test_a_file_is_served_with_its_type_and_validators(site: tuple[Path, Path]) -> None:
    response = ask(site, "/static/shop/a.css")
    assert (response.status, body(response)) == (200, "own")
    assert response.headers["content-type"] == "text/css; charset=utf-8"
    assert response.headers["cache-control"] == "public, max-age=60"
    assert ask(site, "/static/shop/a.css", if_none_match=response.headers["etag"]).status == 304
    assert ask(site, "/static/shop/a.css", if_modified_since=response.headers["last-modified"]).status == 304
    part = ask(site, "/static/shop/a.css", range="bytes=1-")
    assert (part.status, body(part)) == (206, "wn")
    assert body(ask(site, "/static/shop/b%20%C3%BC.js")) == "let b;"


def test_other_paths_and_missing_files_go_on_to_the_application(site: tuple[Path, Path]) -> None:
    assert body(ask(site, "/other")) == "beyond"
    assert body(ask(site, "/static/absent.css")) == "beyond"
    assert body(ask(site, "/static/shop")) == "beyond"
    assert body(ask(site, "/static/")) == "beyond"


def test_files_are_not_posted_to(site: tuple[Path, Path]) -> None:
    with pytest.raises(MethodNotAllowed):
        ask(site, "/static/shop/a.css", "POST")


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "%2e%2e/secret.txt",
        "..%2fsecret.txt",
        "shop/../../secret.txt",
        "..\\secret.txt",
        "%5c..%5csecret.txt",
        "/etc/passwd",
        "//etc/passwd",
        "shop//a.css",
        ".env",
        ".git/config",
        "a.css%00.png",
        "C:/secret.txt",
        "shop/a.css::$DATA",
        "shop/a.css%20",
        "shop/a.css.",
        "",
    ],
)
def test_nothing_outside_or_hidden_is_served(site: tuple[Path, Path], path: str) -> None:
    assert body(ask(site, f"/static/{path}")) == "beyond"


def test_cve_2023_29159_a_sibling_folder_with_the_same_beginning_is_outside(site: tuple[Path, Path]) -> None:
    assert body(ask(site, "/static/old/x.css")) == "beyond"
    assert body(ask(site, "/static/../static-old/x.css")) == "beyond"


def test_cve_2024_23334_links_do_not_lead_out(site: tuple[Path, Path]) -> None:
    assert body(ask(site, "/static/out.txt")) == "beyond"
    assert body(ask(site, "/static/inside.css")) == "own"


@pytest.mark.parametrize("name", ["con", "NUL.css", "shop/aux.js", "com1", "LPT9.txt", "conin$", "prn .css"])
def test_cve_2024_49766_names_of_devices_are_refused_on_every_system(name: str) -> None:
    with pytest.raises(StaticNameError):
        StaticFiles([]).url_of(name)


def test_cve_2024_42367_a_compressed_copy_is_checked_like_the_file(site: tuple[Path, Path]) -> None:
    own, _ = site
    (own / "shop" / "a.css.gz").symlink_to(own.parent / "secret.txt")
    response = ask(site, "/static/shop/a.css", accept_encoding="gzip")
    assert "content-encoding" not in response.headers
    assert body(response) == "own"


def test_a_compressed_copy_is_served_to_those_who_take_it(site: tuple[Path, Path]) -> None:
    own, _ = site
    (own / "shop" / "a.css.gz").write_bytes(gzip.compress(b"own"))
    (own / "shop" / "a.css.br").write_bytes(b"brotli")
    packed = ask(site, "/static/shop/a.css", accept_encoding="gzip, deflate")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-type"] == "text/css; charset=utf-8"
    assert gzip.decompress(raw(packed)) == b"own"
    assert ask(site, "/static/shop/a.css", accept_encoding="gzip, br").headers["content-encoding"] == "br"
    plain = ask(site, "/static/shop/a.css", accept_encoding="br;q=0")
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != packed.headers["etag"]
    os.utime(own / "shop" / "a.css", (2e9, 2e9))
    assert body(ask(site, "/static/shop/a.css", accept_encoding="gzip")) == "own"  # the copies are older than the file


@given(st.text(max_size=30))
def test_whatever_is_asked_for_a_found_file_lies_inside(name: str) -> None:
    root = Path(__file__).parents[1]
    found = StaticFiles([root / "src"]).find(name)
    assert found is None or root in found.parents


def test_urls_are_encoded_and_may_lie_on_another_host() -> None:
    assert StaticFiles([]).url_of("shop/b ü#.js") == "/static/shop/b%20%C3%BC%23.js"
    assert StaticFiles([], "https://cdn.test/x").url_of("a.css") == "https://cdn.test/x/a.css"
    with pytest.raises(StaticNameError):
        StaticFiles([]).url_of("../a.css")


def test_files_are_listed_once_and_the_first_folder_wins(site: tuple[Path, Path]) -> None:
    listed = dict(StaticFiles(site).list())
    assert set(listed) == {"shop/a.css", "shop/b ü.js", "inside.css"}
    assert listed["shop/a.css"].read_text() == "own"
    assert len(StaticFiles(site).find_all("shop/a.css")) == 2


def test_collecting_copies_what_changed_and_nothing_else(site: tuple[Path, Path], tmp_path: Path) -> None:
    files, target = StaticFiles(site), tmp_path / "collected"
    assert collect(files, target, dry_run=True).copied == ("inside.css", "shop/a.css", "shop/b ü.js")
    assert not target.exists()
    assert len(collect(files, target).copied) == 3
    again = collect(files, target)
    assert (again.copied, len(again.unchanged)) == ((), 3)
    os.utime(site[1] / "shop" / "b ü.js", (2e9, 2e9))
    (target / "stale.txt").write_text("")
    third = collect(files, target, clear=True)
    assert (third.copied, third.removed) == (("shop/b ü.js",), ("stale.txt",))
    assert (target / "shop" / "a.css").read_text() == "own"


def test_collected_texts_may_be_compressed(site: tuple[Path, Path], tmp_path: Path) -> None:
    (site[0] / "long.css").write_text("a {}\n" * 200)
    collect(StaticFiles(site), tmp_path / "c", compress=True)
    assert gzip.decompress((tmp_path / "c" / "long.css.gz").read_bytes()) == b"a {}\n" * 200
    assert not (tmp_path / "c" / "shop" / "a.css.gz").exists()  # would be longer


def test_collecting_into_its_own_source_is_refused(site: tuple[Path, Path]) -> None:
    with pytest.raises(StaticError, match="overlaps"):
        collect(StaticFiles(site), site[0] / "all")


def test_an_application_serves_names_and_checks(site: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    app = Registrar(static={"url": "/s/", "dirs": (str(site[0]), "/not/there")})
    app.add(STATIC_DIRS, site[1])
    setup(cast("Any", app))
    assert app.require(ASSET_URL)("shop/a b.css") == "/s/shop/a%20b.css"
    (layer,) = app.all(MIDDLEWARE)
    response = asyncio.run(_answer(layer.middleware(beyond)(Request.build("GET", "/s/shop/a.css"))))
    assert body(response) == "own"
    assert [finding.id for check in app.all(CHECKS) for finding in check(app)] == ["static.W004"]
    token = CURRENT.set(app)
    try:
        engine = Engine(builtins=["partita.static.templatetags"])
        assert engine.from_string("{% static 'shop/a.css' %}").render({}) == "/s/shop/a.css"
        assert engine.from_string("{% static f as u %}<{{ u }}>").render({"f": "a b.css"}) == "</s/a%20b.css>"
    finally:
        CURRENT.reset(token)
    commands = {command.name: command for command in app.all(COMMANDS)}
    parser = argparse.ArgumentParser()
    commands["findstatic"].add_arguments(parser)
    assert commands["findstatic"].run(app, parser.parse_args(["shop/a.css", "nope.css"])) == 1
    assert str(site[1] / "shop" / "a.css") in capsys.readouterr().out
    parser = argparse.ArgumentParser()
    commands["collectstatic"].add_arguments(parser)
    assert commands["collectstatic"].run(app, parser.parse_args([str(site[0].parent / "out")])) == 0
    assert "3 static files copied" in capsys.readouterr().out
    with pytest.raises(SystemExit, match="Name a folder"):
        commands["collectstatic"].run(app, parser.parse_args([]))


class Uploads:
    """A default storage with addresses, or without."""

    def __init__(self, base: str | None) -> None:
        self.base = base

    def url(self, name: str | None) -> str:
        """See `Storage.url`."""
        if self.base is None:
            raise ValueError("no addresses")
        return self.base + (name or "")


def uploads(base: str | None) -> Any:
    return {"default": Uploads(base)}


def test_templates_get_what_urls_begin_with(site: tuple[Path, Path]) -> None:
    source = "{% get_static_prefix %} {% get_static_prefix as s %}[{{ s }}] {% get_media_prefix %} {{ STATIC_URL }}{{ MEDIA_URL }}"
    for base, shown in (("/m/", "/s/ [/s/] /m/ /s//m/"), (None, "/s/ [/s/]  /s/")):
        app = Registrar(static={"url": "/s/"})
        setup(cast("Any", app))
        app.provide(STORAGES, partial(uploads, base))
        token = CURRENT.set(app)
        try:
            engine = Engine(
                builtins=["partita.static.templatetags"], context_processors=[prefixes.static, prefixes.media]
            )
            assert engine.from_string(source).render({}, Request.build()) == shown
        finally:
            CURRENT.reset(token)


def test_a_static_file_that_is_not_there_is_found_before_the_page_is_asked_for(site: tuple[Path, Path]) -> None:
    app = Registrar(static={"dirs": (str(site[0]),)})
    setup(cast("Any", app))
    source = "{% static 'shop/a.css' %}\n  {% static 'shop/b.css' %}{% static '../x' %}{% static any %}{% static 'no.js' as x %}"
    engine = Engine(templates={"page.txt": source}, builtins=["partita.static.templatetags"])
    assert list(check_templates(engine)) == []  # no application, no files to look for
    token = CURRENT.set(app)
    try:
        found = [(problem.id, problem.line, problem.column, problem.text) for problem in check_templates(engine)]
    finally:
        CURRENT.reset(token)
    assert [each[:3] for each in found] == [("templates.E006", 2, 3), ("templates.E006", 2, 28)]
    assert found[0][3] == "there is no static file 'shop/b.css'; did you mean 'shop/a.css'?"
    assert "is no name of a static file" in found[1][3]


def test_without_a_storage_uploads_have_no_prefix() -> None:
    assert prefixes.media_prefix() == ""


def test_files_on_another_host_are_not_served_here(site: tuple[Path, Path]) -> None:
    assert serve_static(lambda: StaticFiles(site, "https://cdn.test/"))(beyond) is beyond


def test_the_settings_have_defaults() -> None:
    assert StaticSettings().url == "/static/"
    assert STATIC.name == "partita.static"


def test_a_prefix_stands_before_the_names_of_a_folders_files(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.js").write_text("own")
    (tmp_path / "dist").mkdir()
    (tmp_path / "dist" / "a.js").write_text("theirs")
    files = StaticFiles([tmp_path / "own", ("vendor/htmx", tmp_path / "dist")])
    assert {found.name for found in files.list()} == {"a.js", "vendor/htmx/a.js"}
    assert files.find("vendor/htmx/a.js") == (tmp_path / "dist" / "a.js").resolve()
    assert files.find_all("a.js") == [(tmp_path / "own" / "a.js").resolve()]
    assert files.find("vendor/htmx/../a.js") is None
    assert collect(files, tmp_path / "out").copied == ("a.js", "vendor/htmx/a.js")
    for prefix in ("/vendor", "vendor/", "..", "a//b"):
        with pytest.raises(StaticNameError):
            StaticFiles([(prefix, tmp_path / "dist")])


def test_settings_may_give_folders_prefixes_and_a_prefix_that_cannot_be_is_reported(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1")

    def problems(prefix: str) -> list[str]:
        app = Registrar(static={"dirs": ((prefix, str(tmp_path)),)})
        setup(cast("Any", app))
        return [finding.id for check in app.all(CHECKS) for finding in check(app)]

    app = Registrar(static={"dirs": (("vendor", str(tmp_path)),)})
    setup(cast("Any", app))
    assert app.require(STATIC_SOURCES).find("vendor/a.js") is not None
    assert problems("vendor") == []
    assert problems("vendor/") == problems("") == ["static.E003"]
    read = msgspec.convert({"dirs": ["assets", ["vendor", "dist"]]}, StaticSettings)
    assert read.dirs == ("assets", ("vendor", "dist"))


def test_files_that_others_hide_are_told(site: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    app = Registrar(static={"dirs": (str(site[0]), str(site[1])), "root": str(site[0].parent / "out")})
    setup(cast("Any", app))
    hidden = (site[1] / "shop" / "a.css").resolve()
    assert [found.path for found in app.require(STATIC_SOURCES).hidden()] == [hidden]
    (command,) = (each for each in app.all(COMMANDS) if each.name == "collectstatic")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    command.run(app, parser.parse_args(["-v2"]))
    told = capsys.readouterr().out.splitlines()
    assert f"Found another file named 'shop/a.css', which is skipped: {hidden}" in told
    assert told[-1].endswith("1 skipped due to conflict")


def test_commands_tell_as_much_as_they_are_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.js").write_text("1")
    app = Registrar(static={"dirs": (str(source),), "root": str(tmp_path / "out")})
    setup(cast("Any", app))
    commands = {command.name: command for command in app.all(COMMANDS)}

    def told(name: str, *arguments: str) -> list[str]:
        parser = argparse.ArgumentParser()
        commands[name].add_arguments(parser)
        commands[name].run(app, parser.parse_args(arguments))
        return capsys.readouterr().out.splitlines()

    assert told("collectstatic", "-v0", "--dry-run") == []
    out = str(tmp_path / "out")
    assert told("collectstatic", "--dry-run") == [f"1 static file would be copied to {out!r}, 0 unchanged"]
    assert told("collectstatic", "-v2") == ["Copying 'a.js'", f"1 static file copied to {out!r}, 0 unchanged"]
    (tmp_path / "out" / "old.js").write_text("1")
    assert told("collectstatic", "-v2", "--clear", "--dry-run") == [
        "Skipping 'a.js' (not modified)",
        "Pretending to delete 'old.js'",
        f"0 static files would be copied to {out!r}, 1 unchanged, 1 would be deleted",
    ]
    assert told("collectstatic", "-v2", "--clear")[1] == "Deleting 'old.js'"
    path = (source / "a.js").resolve()
    assert told("findstatic", "a.js", "-v0") == [str(path)]
    assert told("findstatic", "a.js", "-v2") == [f"a.js: {path}", "looked into:", f"  {source}"]
