"""What an application gets from content types."""

import argparse
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from partita.contenttypes import ContentType
from partita.contenttypes.commands import RemoveStaleContentTypes
from partita.contenttypes.creation import stale_contenttypes
from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.orm import DATABASES, Database, Databases
from partita.web import App, Settings


@pytest.fixture
def app() -> Iterator[App]:
    """An application that has content types, with a database in memory."""
    settings = Settings("x" * 50, sections={"databases": {"default": "sqlite://:memory:"}})
    app = App(settings, apps=["partita.contenttypes"])
    with app:
        yield app
    app.require(DATABASES).close()


def run(app: App, name: str, *arguments: str) -> int:
    command = next(each for each in app.all(COMMANDS) if each.name == name)
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    status = command.run(app, parser.parse_args(arguments))
    assert isinstance(status, int)
    return status


def test_migrations_make_the_table_and_a_row_for_each_model(app: App) -> None:
    assert run(app, "migrate") == 0
    assert ContentType.objects.filter(app_label="contenttypes", model="contenttype").count() == 1
    before = ContentType.objects.count()
    assert run(app, "migrate") == 0
    assert ContentType.objects.count() == before


def test_its_migrations_say_what_its_models_say(app: App) -> None:
    assert run(app, "makemigrations", "--check", "contenttypes") == 0


def test_the_checks_are_registered(app: App) -> None:
    found = [finding for check in app.all(CHECKS) for finding in check(app)]
    assert not [finding for finding in found if finding.id.startswith("contenttypes.")]


def ask(answer: str) -> RemoveStaleContentTypes:
    return RemoveStaleContentTypes(lambda question: answer)


class OneDatabase:
    """The side of an application that the command asks."""

    def __init__(self, database: Database) -> None:
        self.databases = Databases({"default": database})

    def require(self, key: object) -> Databases:
        return self.databases


def test_stale_content_types_go_with_what_depends_on_them(
    database: Database, models: SimpleNamespace, zoo: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = ContentType.objects.create(app_label="zoo", model="unicorn")
    ContentType.objects.create(app_label="circus", model="clown")
    models.Tag.objects.create(word="white", content_type=gone, object_id="1")
    assert [each.model for each in stale_contenttypes(database, {"zoo"})] == ["unicorn"]
    options = argparse.Namespace(database="default", no_input=False, include_stale_apps=False)
    app = OneDatabase(database)
    assert ask("no").run(app, options) == 1  # type: ignore[arg-type]  # it asks for nothing else
    assert ContentType.objects.filter(model="unicorn").exists()
    assert ask("yes").run(app, options) == 0  # type: ignore[arg-type]  # same
    shown = capsys.readouterr().out
    assert "zoo.unicorn\n  1 of zoo.Tag\n" in shown
    assert "circus" not in shown
    assert not models.Tag.objects.filter(word="white").exists()
    assert models.Tag.objects.filter(word="yellow").exists()
    options = argparse.Namespace(database="default", no_input=True, include_stale_apps=True)
    assert ask("").run(app, options) == 0  # type: ignore[arg-type]  # same
    assert not ContentType.objects.filter(app_label="circus").exists()
    assert ask("").run(app, options) == 0  # type: ignore[arg-type]  # same
    assert "No content type is stale." in capsys.readouterr().out
