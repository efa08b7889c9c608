"""Fixtures and commands."""

import argparse
import bz2
import gzip
import io
import json
import lzma
import sys
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from partita import serializers
from partita.contracts.commands import COMMANDS
from partita.contracts.fixtures import FIXTURE_DIRS
from partita.orm import DATABASES, Database
from partita.serializers.fixtures import aload_fixtures, find_fixtures, fixture_folders, load_fixtures
from partita.web import App, Settings

Run = Callable[[Coroutine[Any, Any, Any]], Any]


INTEGRATION = """
from partita.serializers import FORMATS_ADDED


class Names:
    name = "names"
    extensions = ("txt",)

    def read(self, stream):
        for line in stream:
            yield {"model": "library.author", "fields": {"name": line.strip()}}


def setup(app):
    app.add(FORMATS_ADDED, Names())
"""


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package that keeps fixtures and registers a format."""
    package = tmp_path / "records_shop"
    (package / "fixtures").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "integration.py").write_text(INTEGRATION)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield package
    for name in ("records_shop", "records_shop.integration"):
        sys.modules.pop(name, None)


@pytest.fixture
def app(library: SimpleNamespace, tmp_path: Path, package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """An application with serializers, the package and a folder for fixtures, current."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "fixtures").mkdir()
    sections = {
        "databases": {"default": "sqlite://:memory:", "other": "sqlite://:memory:"},
        "serializers": {"fixture_dirs": ["fixtures"]},
    }

    app = App(
        Settings("x" * 50, sections=sections), apps=["records_shop", "partita.contenttypes", "partita.serializers"]
    )
    with app:
        for database in app.require(DATABASES).values():
            database.create_all(*vars(library).values())
        yield app
    app.require(DATABASES).close()


def run(app: App, name: str, *arguments: str) -> int:
    command = next(each for each in app.all(COMMANDS) if each.name == name)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    status = command.run(app, parser.parse_args(arguments))
    assert isinstance(status, int)
    return status


def rows(*names: str) -> str:
    return json.dumps(
        [{"model": "library.author", "pk": pk, "fields": {"name": name}} for pk, name in enumerate(names, 1)]
    )


PACKED: dict[str, Callable[[Path, bytes], object]] = {
    "": lambda path, text: path.write_bytes(text),
    ".gz": lambda path, text: path.write_bytes(gzip.compress(text)),
    ".bz2": lambda path, text: path.write_bytes(bz2.compress(text)),
    ".xz": lambda path, text: path.write_bytes(lzma.compress(text)),
    ".lzma": lambda path, text: path.write_bytes(lzma.compress(text, lzma.FORMAT_ALONE)),
}


def zipped(path: Path, *texts: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"{number}.json", text)


@pytest.mark.parametrize("packing", [".gz", ".bz2", ".xz", ".lzma", ".zip", ""])
def test_packed_fixtures_are_loaded(app: App, library: SimpleNamespace, packing: str) -> None:
    path = Path("fixtures", f"authors.json{packing}")
    text = rows("Ursula", "Margaret").encode()
    if packing == ".zip":
        zipped(path, text)
    else:
        PACKED[packing](path, text)
    for label in ("authors", "authors.json", f"authors.json{packing}", str(path), str(path.resolve())):
        library.Author.objects.all().delete()
        assert load_fixtures([label]) == (1, 2, 2), label
        assert library.Author.objects.count() == 2


def test_a_package_keeps_fixtures_beside_it(app: App, library: SimpleNamespace, package: Path) -> None:
    assert app.all(FIXTURE_DIRS) == (package / "fixtures",)
    (package / "fixtures" / "start.yaml").write_text("- model: library.author\n  pk: 4\n  fields: {name: Ursula}\n")
    assert load_fixtures(["start"]).saved == 1
    assert library.Author.objects.get(pk=4).name == "Ursula"


def test_a_package_adds_a_format(app: App, library: SimpleNamespace) -> None:
    assert serializers.load("Ursula\nMargaret\n", "names") == 2
    Path("fixtures/others.txt").write_text("Zoe\n")
    assert load_fixtures(["others"]).saved == 1
    assert {author.name for author in library.Author.objects.all()} == {"Ursula", "Margaret", "Zoe"}


def test_several_fixtures_are_all_or_nothing(app: App, library: SimpleNamespace) -> None:
    Path("fixtures/good.json").write_text(rows("A"))
    Path("fixtures/bad.json").write_text(json.dumps([{"model": "library.author", "pk": 1, "fields": {"nme": "B"}}]))
    with pytest.raises(
        serializers.DeserializationError, match=r"fixtures.bad\.json, object 1 .library\.author:pk=1., field nme"
    ):
        load_fixtures(["good", "bad"])
    assert library.Author.objects.count() == 0


def test_a_fixture_may_be_for_one_database_only(app: App, library: SimpleNamespace) -> None:
    Path("fixtures/authors.other.json").write_text(rows("A", "B"))
    with pytest.raises(serializers.FixtureError, match="No fixture named 'authors' found"):
        load_fixtures(["authors"])
    assert load_fixtures(["authors"], using="other").saved == 2
    assert (library.Author.objects.count(), library.Author.objects.using("other").count()) == (0, 2)


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("nothing", "No fixture named 'nothing' found. Looked in"),
        ("nothing.json", "No fixture named 'nothing' found. Looked in"),
        ("nothing.doc", "doc is not a known serialization format. Known are: json, jsonl, names, xml, yaml"),
        ("twice", "Multiple fixtures named 'twice' in .*: twice.json, twice.jsonl. Give the format"),
        ("broken.json.gz", "A fixture cannot be read"),
        ("cut.json.gz", "A fixture cannot be read"),
        ("two.json.zip", "must contain one file, and this has 2"),
        ("broken.json.zip", "A fixture cannot be read"),
    ],
)
def test_what_is_wrong_with_a_fixture_is_said(app: App, label: str, expected: str) -> None:
    for name in ("twice.json", "twice.jsonl"):
        Path("fixtures", name).write_text("[]")
    Path("fixtures/broken.json.gz").write_bytes(b"nothing like gzip")
    Path("fixtures/broken.json.zip").write_bytes(b"nothing like zip")
    Path("fixtures/cut.json.gz").write_bytes(gzip.compress(rows(*map(str, range(1000))).encode())[:-50])
    zipped(Path("fixtures/two.json.zip"), b"[]", b"[]")
    with pytest.raises(serializers.FixtureError, match=expected):
        load_fixtures([label])


def test_an_empty_fixture_is_worth_a_warning(app: App) -> None:
    Path("fixtures/empty.json").write_text("[]")
    with pytest.warns(RuntimeWarning, match="No fixture data found for 'empty.json'"):
        assert load_fixtures(["empty"]).saved == 0


def test_a_folder_of_the_settings_that_is_searched_already_is_refused(package: Path) -> None:
    sections = {"serializers": {"fixture_dirs": [str(package / "fixtures")]}}
    with (
        App(Settings("x" * 50, sections=sections), apps=["records_shop", "partita.serializers"]),
        pytest.raises(serializers.FixtureError, match=r"in fixture_dirs of \[serializers\] is searched already"),
    ):
        fixture_folders()


def test_the_first_folder_is_the_first_to_be_loaded(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "a.json").write_text("[]")
    found = find_fixtures("a", [tmp_path / "one", tmp_path / "two"], serializers.Formats())
    assert [fixture.path.parent.name for fixture in found] == ["one", "two"]


def test_fixtures_are_awaited(database: Database, library: SimpleNamespace, run: Run, tmp_path: Path) -> None:
    path = tmp_path / "authors.json"
    path.write_text(rows("A"))
    assert run(aload_fixtures([str(path)], using=database)).saved == 1
    assert library.Author.objects.count() == 1


# -- commands ------------------------------------------------------------------------------------------------------------


def fill(library: SimpleNamespace) -> None:
    writer = library.Author.objects.create(name="Ursula")
    for title, hidden in (("Left Hand", False), ("Lathe", False), ("Secret", True)):
        library.Book.objects.create(title=title, author=writer, hidden=hidden).readers.set([writer])
    library.Genre.objects.create(name="sf")


def written(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", ["all.json", "all.jsonl.gz", "all.xml.xz", "all.yaml.bz2", "all"])
def test_what_is_dumped_is_loaded(
    app: App, library: SimpleNamespace, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(library)
    before = serializers.dump([*library.Author.objects.all(), *library.Book._base_manager.all()])
    assert run(app, "dumpdata", "library", "--all", "-o", f"fixtures/{name}") == 0
    assert [path.name for path in Path("fixtures").iterdir()] == [name]
    for model in (library.Book._base_manager, library.Author.objects, library.Genre.objects):
        model.all().delete()
    if name == "all":
        Path("fixtures/all").rename("fixtures/all.json")
        name = "all.json"
    capsys.readouterr()
    assert run(app, "loaddata", name) == 0
    assert capsys.readouterr().out == "Installed 5 object(s) from 1 fixture(s)\n"
    assert serializers.dump([*library.Author.objects.all(), *library.Book._base_manager.all()]) == before


def test_dumpdata_takes_apps_models_and_keys(
    app: App, library: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(library)
    run(app, "dumpdata", "library.Book", "library.author")
    found = written(capsys)
    assert [row["model"] for row in found] == ["library.author", "library.book", "library.book"], "hidden is not shown"
    run(app, "dumpdata", "library.Book", "--all")
    assert len(written(capsys)) == 3
    run(app, "dumpdata", "library", "-e", "library.Book", "--exclude", "library.genre")
    assert [row["model"] for row in written(capsys)] == ["library.author"]
    keys = ",".join(str(book.pk) for book in library.Book.objects.all()[:1])
    run(app, "dumpdata", "library.Book", "--pks", keys)
    assert [row["fields"]["title"] for row in written(capsys)] == ["Left Hand"]
    run(app, "dumpdata", "library.Author", "--format", "jsonl")
    assert json.loads(capsys.readouterr().out)["fields"] == {"name": "Ursula"}


def test_dumpdata_writes_natural_keys_in_the_order_of_need(
    app: App, library: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(library)
    run(app, "dumpdata", "library.Book", "library.Author", "--natural-foreign", "--natural-primary")
    found = written(capsys)
    assert [row["model"] for row in found] == ["library.author", "library.book", "library.book"]
    assert "pk" not in found[0]
    assert found[1]["fields"]["author"] == ["Ursula"]
    with pytest.raises(SystemExit, match=r"library\.Egg needs library\.Hen needs library\.Egg"):
        run(app, "dumpdata", "library.Egg", "library.Hen", "--natural-foreign")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nothing",), "No installed app with label 'nothing'"),
        (("library.Nothing",), "Unknown model: library.Nothing"),
        (("-e", "nothing"), "No installed app with label 'nothing'"),
        (("library", "--pks", "1"), "--pks needs exactly one model"),
        (("library.Author", "--pks", "x"), "'x' is no key of library.Author"),
        (("--format", "csv"), "There is no format 'csv'; known are: json"),
        (("--database", "third"), "There is no database 'third'"),
        (("-o", "a.json.zip"), "Zip files are read and not written"),
        (("-o", "no/folder/a.json"), "No such file"),
    ],
)
def test_dumpdata_says_what_is_wrong(app: App, arguments: tuple[str, ...], expected: str) -> None:
    with pytest.raises(SystemExit, match=f"dumpdata: .*{expected}"):
        run(app, "dumpdata", *arguments)


def test_a_dump_that_fails_leaves_the_old_file(app: App, library: SimpleNamespace) -> None:
    library.Author.objects.create(name="a\x01")
    Path("kept.xml").write_text("old")
    with pytest.raises(SystemExit, match=r"library\.Author\.name .* contains unserializable characters"):
        run(app, "dumpdata", "library", "-o", "kept.xml")
    assert [(path.name, path.is_file() and path.read_text()) for path in Path().glob("kept*")] == [("kept.xml", "old")]


def test_loaddata_reads_the_standard_input(
    app: App, library: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(rows("A")))
    with pytest.raises(SystemExit, match="--format must be specified"):
        run(app, "loaddata", "-")
    assert run(app, "loaddata", "-", "--format", "json") == 0
    assert library.Author.objects.count() == 1


def test_loaddata_passes_over_what_it_is_told_to(
    app: App, library: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("fixtures/a.json").write_text(
        json.dumps(
            [
                {"model": "library.author", "pk": 1, "fields": {"name": "A", "gone": 1}},
                {"model": "library.gone", "pk": 1, "fields": {}},
                {"model": "library.hen", "pk": 1, "fields": {"name": "Berta"}},
            ]
        )
    )
    with pytest.raises(SystemExit, match=r"loaddata: .*a\.json, object 1 .*field gone"):
        run(app, "loaddata", "a")
    assert run(app, "loaddata", "a", "--ignorenonexistent", "-e", "library.Hen") == 0
    assert capsys.readouterr().out == "Installed 1 object(s) (of 2) from 1 fixture(s)\n"
    assert (library.Author.objects.count(), library.Hen.objects.count()) == (1, 0)


def test_progress_is_shown_as_dots(library: SimpleNamespace) -> None:
    seen = io.StringIO()
    made = [library.Author(pk=number, name="A") for number in range(2000)]
    serializers.serialize("json", made, progress_output=seen, object_count=2000)
    assert seen.getvalue() == f"\r[{'.' * 37}{' ' * 38}]\r[{'.' * 75}]\n"
