"""Names with hashes: made, written, read, served."""

import argparse
import asyncio
import base64
import gzip
import hashlib
import json
from pathlib import Path
from typing import Any, cast

import brotli  # type: ignore[import-untyped,import-not-found,unused-ignore]  # which of them, depends on the machine
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.current import CURRENT
from partita.contracts.settings import DEBUG
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import MIDDLEWARE, Request, Response
from partita.static import (
    STATIC,
    Manifest,
    ManifestError,
    StaticFiles,
    StaticNotCollected,
    StaticReferenceError,
    collect,
    fingerprint,
    serve_static,
)
from partita.static.integration import setup
from partita.templates import Engine


class Registrar(SimpleRegistrar):
    """Takes settings as the struct itself."""

    def section(self, name: str, kind: type) -> object:  # type: ignore[override]
        """See `Registrar.section`."""
        return kind(**self._sections.get(name, {}))


def folder(tmp_path: Path, **files: str | bytes) -> Path:
    """Write files; ``__`` in a name stands for a slash, ``_`` for a dot."""
    root = tmp_path / "source"
    for name, content in files.items():
        path = root / name.replace("__", "/").replace("_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def made(root: Path, **options: Any) -> dict[str, tuple[str, str]]:
    """Return the new names and texts, by name."""
    found = sorted(StaticFiles([root]).list())
    return {
        each.name: (each.hashed, (each.path.read_bytes() if each.content is None else each.content).decode())
        for each in fingerprint(found, **options)
    }


def test_a_name_gets_a_hash_of_the_content(tmp_path: Path) -> None:
    root = folder(tmp_path, shop__a_png=b"picture", plain="x")
    files = made(root)
    digest = hashlib.sha256(b"picture").hexdigest()[:12]
    assert files["shop/a.png"][0] == f"shop/a.{digest}.png"
    assert files["plain"][0].startswith("plain.")
    (root / "shop" / "a.png").write_bytes(b"another")
    assert made(root)["shop/a.png"][0] != files["shop/a.png"][0]


def test_references_get_the_new_names_and_exist(tmp_path: Path) -> None:
    root = folder(
        tmp_path,
        css__site_css="@import 'base.css'; a { src: url(../img/a.png?v=1#x) url('/static/img/a.png') }",
        css__base_css="b { background: url(https://cdn.test/x.png) url(data:x) url(#id) url(//h/x) url(/media/x) }",
        img__a_png=b"picture",
        js__app_js="import './lib.js'; import 'bare';\n//# sourceMappingURL=app.js.map",
        js__lib_js="export {};\n//# sourceMappingURL=missing.map",
        js__app_js_map="{}",
    )
    files = made(root)
    image = files["img/a.png"][0].rpartition("/")[2]
    base = files["css/base.css"][0].rpartition("/")[2]
    assert files["css/site.css"][1] == (
        f"@import '{base}'; a {{ src: url(../img/{image}?v=1#x) url('/static/img/{image}') }}"
    )
    assert files["css/base.css"][1] == (root / "css" / "base.css").read_text()
    lib, source_map = files["js/lib.js"][0].rpartition("/")[2], files["js/app.js.map"][0].rpartition("/")[2]
    assert files["js/app.js"][1] == f"import './{lib}'; import 'bare';\n//# sourceMappingURL={source_map}"
    assert files["js/lib.js"][1].endswith("missing.map")


def test_a_hash_changes_with_what_the_file_names(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="@import 'b.css'", b_css="x { src: url(c.png) }", c_png=b"1", d_css="y {}")
    before = made(root)
    (root / "c.png").write_bytes(b"2")
    after = made(root)
    assert [name for name in before if before[name][0] != after[name][0]] == ["a.css", "b.css", "c.png"]


def test_a_long_chain_of_files_needs_no_more_passes_and_leaves_nothing_in_between(tmp_path: Path) -> None:
    """Each file is written once, under the hash of what it holds in the end, however many files lie behind it."""
    root = tmp_path / "chain"
    root.mkdir()
    for number in range(30):
        (root / f"{number}.css").write_text(f'@import "{number + 1}.css";')
    (root / "30.css").write_text("a {}")
    collect(StaticFiles([root]), tmp_path / "out", manifest=True)
    paths = Manifest.read(tmp_path / "out" / "staticfiles.json").paths
    written = {each.name for each in (tmp_path / "out").iterdir()}
    assert written == {"staticfiles.json", *paths, *paths.values()}
    for name, hashed in paths.items():
        content = (tmp_path / "out" / hashed).read_bytes()
        assert hashed == f"{name[:-4]}.{hashlib.sha256(content).hexdigest()[:12]}.css"
        after = f"{int(name[:-4]) + 1}.css"
        assert name == "30.css" or paths[after] in content.decode()


def test_a_strict_manifest_refuses_and_a_lenient_one_takes_what_is_missing(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="a { src: url(gone.png) }")
    with pytest.raises(StaticReferenceError):
        collect(StaticFiles([root]), tmp_path / "strict", manifest=True)
    collect(StaticFiles([root]), tmp_path / "lenient", manifest=True, strict=False)
    manifest = Manifest.read(tmp_path / "lenient" / "staticfiles.json")
    assert "url(gone.png)" in (tmp_path / "lenient" / manifest.paths["a.css"]).read_text()
    with pytest.raises(StaticNotCollected):
        StaticFiles([root], "/s/", manifest).url_of("gone.png")
    assert StaticFiles([root], "/s/", manifest, strict=False).url_of("gone.png") == "/s/gone.png"


def test_files_that_name_each_other_in_a_circle_get_hashes_too(tmp_path: Path) -> None:
    root = folder(tmp_path, a_js="import './b.js'; 1", b_js="import './a.js'; import './c.js'", c_js="import './c.js'")
    before = made(root)
    for name, other in (("a.js", "b.js"), ("b.js", "a.js"), ("c.js", "c.js")):
        assert f"'./{before[other][0]}'" in before[name][1]
    (root / "a.js").write_text("import './b.js'; 2")
    after = made(root)
    assert [name for name in before if before[name][0] != after[name][0]] == ["a.js", "b.js"]
    assert made(root) == after


def test_a_file_that_is_named_and_not_there_is_an_error_with_its_line(tmp_path: Path) -> None:
    root = folder(tmp_path, css__a_css="a {}\nb { src: url(../no.png?x) }")
    with pytest.raises(StaticReferenceError, match=r"css/a\.css:2: '\.\./no\.png\?x' is the static file 'no\.png'"):
        made(root)
    assert made(root, strict=False)["css/a.css"][1] == (root / "css" / "a.css").read_text()


def test_climbing_out_of_the_folder_names_no_file(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="a { src: url(../../../../etc/passwd) }")
    with pytest.raises(StaticReferenceError):
        made(root)


def test_files_on_another_host_are_named_by_their_address(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="a { src: url(https://cdn.test/s/b%20c.png) url(/b.png) }", **{"b c_png": b"1"})
    files = made(root, url="https://cdn.test/s/")
    name = files["b c.png"][0].replace(" ", "%20")
    assert files["a.css"][1] == f"a {{ src: url(https://cdn.test/s/{name}) url(/b.png) }}"


def test_text_in_another_encoding_is_written_back_as_it_was(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="/* \xe9 */ a { src: url(b.png) }".encode("latin-1"), b_png=b"1")
    (sheet,) = [each for each in fingerprint(StaticFiles([root]).list()) if each.name == "a.css"]
    assert sheet.content is not None
    assert sheet.content.startswith(b"/* \xe9 */ a { src: url(b.")


names = st.sampled_from(["a.js", "b.js", "c.js", "d.js"])


@given(st.dictionaries(names, st.lists(names, max_size=4), min_size=4, max_size=4))
def test_whatever_names_what_all_references_lead_to_files(
    tmp_path_factory: pytest.TempPathFactory, graph: dict[str, list[str]]
) -> None:
    root = tmp_path_factory.mktemp("graph")
    for name, targets in graph.items():
        (root / name).write_text("".join(f"import './{target}';" for target in targets))
    files = made(root)
    hashed = {new for new, _ in files.values()}
    for name, targets in graph.items():
        assert files[name][1] == "".join(f"import './{files[target][0]}';" for target in targets)
    assert len(hashed) == len(graph)


def test_integrity_is_that_of_what_is_served(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="a { src: url(b.png) }", b_png=b"1")
    for each in fingerprint(StaticFiles([root]).list()):
        content = each.path.read_bytes() if each.content is None else each.content
        assert each.integrity == f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"


def test_collecting_writes_hashed_files_and_their_list(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="a { src: url(b.png) }" + " " * 500, b_png=b"1")
    target = tmp_path / "out"
    done = collect(StaticFiles([root]), target, manifest=True, compress=True)
    written = json.loads((target / "staticfiles.json").read_text())
    assert written["version"] == "1.1"
    assert set(written["paths"]) == {"a.css", "b.png"}
    sheet = target / written["paths"]["a.css"]
    assert sheet.read_text().startswith(f"a {{ src: url({written['paths']['b.png']})")
    assert gzip.decompress(sheet.with_name(sheet.name + ".gz").read_bytes()) == sheet.read_bytes()
    assert brotli.decompress(sheet.with_name(sheet.name + ".br").read_bytes()) == sheet.read_bytes()
    assert len(done.copied) == 4
    again = collect(StaticFiles([root]), target, manifest=True)
    assert (again.copied, len(again.unchanged)) == ((), 4)
    (root / "b.png").write_bytes(b"22")
    third = collect(StaticFiles([root]), target, manifest=True, clear=True)
    assert len(third.copied) == 3
    assert any(name.startswith("b.") for name in third.removed)
    after = json.loads((target / "staticfiles.json").read_text())
    assert after["hash"] != written["hash"]
    assert Manifest.read(target / "staticfiles.json").paths == after["paths"]


def test_a_compressed_file_with_a_hash_is_served_for_a_year(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="a { margin: 0 }\n" * 500)
    collect(StaticFiles([root]), tmp_path / "out", manifest=True, compress=True)
    files = StaticFiles([tmp_path / "out"], hashed_names=Manifest.read(tmp_path / "out" / "staticfiles.json"))
    for coding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        response = _served(files, files.url_of("a.css"), coding)
        assert (response.status, response.headers["content-encoding"]) == (200, coding)
        assert unpack(bytes.fromhex(response.headers["x-body"])) == (root / "a.css").read_bytes()
        assert response.headers["cache-control"] == "public, max-age=31536000, immutable"


def _served(files: StaticFiles, url: str, coding: str) -> Response:
    async def beyond(request: Request) -> Response:
        return Response.text("", 404)

    async def ask() -> Response:
        request = Request.build("GET", url, headers={"Accept-Encoding": coding})
        response = await serve_static(lambda: files)(beyond)(request)
        return response.with_header("x-body", (await response.aread()).hex())

    return asyncio.run(ask())


def test_the_commands_take_these_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = folder(tmp_path, a_css="a {}", b_scss="", c_txt="c")
    app = Registrar(static={"dirs": (str(root),), "root": str(tmp_path / "out")})
    setup(cast("Any", app))
    commands = {command.name: command for command in app.all(COMMANDS)}

    def run(name: str, *words: str) -> str:
        parser = argparse.ArgumentParser()
        commands[name].add_arguments(parser)
        assert commands[name].run(app, parser.parse_args(list(words))) == 0
        return capsys.readouterr().out

    assert run("collectstatic", "--dry-run") == (
        f"3 static files would be copied to {str(tmp_path / 'out')!r}, 0 unchanged\n"
    )
    assert not (tmp_path / "out").exists()
    assert run("collectstatic", "--link", "--ignore", "*.scss", "-i", "c.*").startswith("1 static file copied")
    assert (tmp_path / "out" / "a.css").is_symlink()
    (tmp_path / "out" / "old.css").write_text("")
    assert run("collectstatic", "--clear") == (
        f"3 static files copied to {str(tmp_path / 'out')!r}, 0 unchanged, 1 deleted\n"
    )
    assert not (tmp_path / "out" / "a.css").is_symlink()
    assert not (tmp_path / "out" / "staticfiles.json").exists()
    run("collectstatic", "--manifest")
    assert (tmp_path / "out" / "staticfiles.json").exists()
    assert run("findstatic", "a.css", "--first") == f"a.css: {root / 'a.css'}\n"


def test_a_dry_run_writes_no_list(tmp_path: Path) -> None:
    collect(StaticFiles([folder(tmp_path, a_css="a {}")]), tmp_path / "out", manifest=True, dry_run=True)
    assert not (tmp_path / "out").exists()


def test_links_may_take_the_place_of_copies(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="a { src: url(b.png) }", b_png=b"1")
    target = tmp_path / "out"
    collect(StaticFiles([root]), target, link=True, manifest=True)
    assert (target / "a.css").is_symlink()
    assert (target / "a.css").read_text() == (root / "a.css").read_text()
    sheet = target / Manifest.read(target / "staticfiles.json").paths["a.css"]
    assert not sheet.is_symlink()  # its text is another one
    assert collect(StaticFiles([root]), target, link=True, manifest=True).copied == ()
    collect(StaticFiles([root]), target)
    assert not (target / "a.css").is_symlink()
    assert not (root / "a.css").is_symlink()


def test_patterns_leave_files_out(tmp_path: Path) -> None:
    root = folder(tmp_path, a_css="", src__a_scss="", src__deep__b_css="", CVS__x="")
    done = collect(StaticFiles([root]), tmp_path / "out", ignore=["*.scss", "CVS", "src/deep/*"])
    assert done.copied == ("a.css",)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"paths": {}, "version": "9"}', '{"paths": {"a": 1}, "version": "1.1"}', "\xff"]
)
def test_a_manifest_that_is_none_is_refused_with_the_way_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "staticfiles.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ManifestError, match="Run `partita collectstatic`"):
        Manifest.read(path)
    with pytest.raises(ManifestError, match="it is not there"):
        Manifest.read(tmp_path / "absent.json")


def test_manifests_of_django_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "staticfiles.json"
    path.write_text('{"paths": {"a.css": "a.0123456789ab.css"}, "version": "1.1", "hash": "0123456789ab"}')
    assert StaticFiles([], hashed_names=Manifest.read(path)).url_of("a.css") == "/static/a.0123456789ab.css"


def test_a_file_that_nobody_collected_is_an_error_unless_told_otherwise() -> None:
    manifest = Manifest({"shop/a.css": "shop/a.1.css"})
    with pytest.raises(StaticNotCollected, match=r"no static file 'shop/b\.css'; did you mean 'shop/a\.css'\?"):
        StaticFiles([], hashed_names=manifest).url_of("shop/b.css")
    assert StaticFiles([], hashed_names=manifest, strict=False).url_of("shop/b.css") == "/static/shop/b.css"


def test_an_application_names_and_serves_hashed_files_for_ever(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = folder(tmp_path, a_css="a { src: url(b.png) }", b_png=b"1")
    settings = {"dirs": (str(root),), "root": str(tmp_path / "out"), "manifest": True}

    def build(debug: bool) -> Any:
        app = Registrar(static=settings)
        app.provide(DEBUG, lambda: debug)
        setup(cast("Any", app))
        return app

    app = build(False)
    assert [finding.id for check in app.all(CHECKS) for finding in check(app)] == ["static.W007"]
    commands = {command.name: command for command in app.all(COMMANDS)}
    parser = argparse.ArgumentParser()
    commands["collectstatic"].add_arguments(parser)
    assert commands["collectstatic"].run(app, parser.parse_args(["--compress"])) == 0
    assert "4 static files copied" in capsys.readouterr().out
    assert [finding.id for check in app.all(CHECKS) for finding in check(app)] == []

    token = CURRENT.set(app)
    try:
        engine = Engine(builtins=["partita.static.templatetags"])
        url = engine.from_string("{% static 'a.css' %}").render({})
        integrity = engine.from_string("{% static_integrity 'a.css' %}").render({})
    finally:
        CURRENT.reset(token)
    assert url.startswith("/static/a.")
    assert url != "/static/a.css"
    assert integrity.startswith("sha384-")
    served = _ask(app, url)
    assert served.headers["cache-control"] == "public, max-age=31536000, immutable"
    digest = base64.b64encode(hashlib.sha384(bytes.fromhex(served.headers["x-body"])).digest()).decode()
    assert integrity == f"sha384-{digest}"
    assert _ask(app, "/static/a.css").headers["cache-control"] == "public, max-age=3600"

    debug = build(True)
    assert debug.require(STATIC).url_of("a.css") == "/static/a.css"
    assert _ask(debug, "/static/a.css").headers["cache-control"] == "no-cache"


def _ask(app: Any, url: str) -> Response:
    async def beyond(request: Request) -> Response:
        return Response.text("", 404)

    async def ask() -> Response:
        (layer,) = app.all(MIDDLEWARE)
        response: Response = await layer.middleware(beyond)(Request.build("GET", url))
        return response.with_header("x-body", (await response.aread()).hex())

    return asyncio.run(ask())


def test_settings_that_make_no_sense_are_found(tmp_path: Path) -> None:
    def found(**settings: Any) -> list[str]:
        app = Registrar(static=settings)
        setup(cast("Any", app))
        return [finding.id for check in app.all(CHECKS) for finding in check(app)]

    here, missing = str(tmp_path), str(tmp_path / "missing")
    assert found(dirs=here) == ["static.E001"]
    assert found(dirs=(here,), root=here) == ["static.E002"]
    assert found(dirs=(("vendor", here),), root=here) == ["static.E002"]
    assert found(dirs=(("vendor/", here),)) == ["static.E003"]
    assert found(dirs=(missing,)) == ["static.W004"]
    assert found(dirs=(("vendor", missing),)) == ["static.W004"]
    assert found(manifest=True) == ["static.E005"]
    assert found(dirs=(here,), root=missing) == found(dirs=(("vendor", here),)) == found() == []
