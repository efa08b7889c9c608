"""A small application starts small: what it does not use is not imported."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.key import ExtensionPoint, Key
from partita.contracts.lifecycle import SHUTDOWN, STARTUP
from partita.contracts.templates import TEMPLATE_LIBRARIES, TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.http import Request, Response
from partita.orm.databases import DATABASES
from partita.templates import Engine
from partita.urls import path
from partita.web import App, FrozenAppError, Registry, Settings
from partita.web.packages import _ON_DEMAND, shared_lists

HEAVY = {
    "alembic",
    "anyio",
    "babel",
    "cryptography",
    "partita.http.drafts",
    "partita.i18n",
    "partita.migrations",
    "partita.orm",
    "partita.security.content_types",
    "partita.security.fetch_metadata",
    "partita.security.rate_stores",
    "partita.security.uploads",
    "partita.signing.tokens",
    "partita.static.collecting",
    "partita.static.manifest",
    "partita.static.references",
    "partita.storage",
    "partita.templates",
    "partita.views",
    "sqlalchemy",
    "watchfiles",
}
HELLO = """
import asyncio, sys
from partita.http import Request, Response
from partita.urls import path
from partita.web import App, Settings

async def hello(request):
    return Response.text("Hello, world!")

app = App(Settings("k3y" * 20, allowed_hosts=("localhost",), sections={sections}), urls=[path("", hello)])

async def main():
    await app.startup()
    response = await app(Request.build("GET", "/", headers={{"host": "localhost"}}))
    assert (response.status, response.body) == (200, b"Hello, world!"), response
    {then}
    await app.shutdown()

asyncio.run(main())
print(*sorted(sys.modules))
"""
THING = Key[str]("things.thing")
PARTS = ExtensionPoint[str]("things.parts")


class Mend:
    """A command."""

    name = "mend"
    help = "mend things"

    def add_arguments(self, parser: object) -> None:
        """There are none."""

    def run(self, app: object, options: object) -> int:
        """Do nothing."""
        return 0


def modules_after(then: str = "pass", sections: str = "None") -> set[str]:
    code = HELLO.format(sections=sections, then=then)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def test_an_application_with_all_default_packages_answers_without_importing_what_it_does_not_use() -> None:
    imported = modules_after()
    assert not imported & HEAVY
    assert {
        "partita.security",
        "partita.sessions",
        "partita.static",
    } <= imported  # those have layers, so they are there


def test_parts_of_the_standard_library_that_only_some_need_wait_for_those() -> None:
    before = "import sys\nbefore = set(sys.modules)\n"  # what measures coverage may have come with some of them
    code = (
        before
        + HELLO.format(sections="None", then="pass")
        + "print(*{'html', 'json', 'secrets'} & set(sys.modules) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, [""]), done.stdout + done.stderr


def test_a_command_that_serves_brings_no_other_commands_with_it() -> None:
    assert not modules_after("assert app.command('run').name == 'run'") & HEAVY


def test_a_command_of_a_package_that_was_put_off_is_found() -> None:
    assert {"partita.orm", "partita.migrations.commands"} <= modules_after(
        "assert app.command('migrate').name == 'migrate'"
    )


def test_databases_in_the_settings_are_set_up_at_the_start_and_migrations_are_not() -> None:
    imported = modules_after(sections="{'databases': {'default': 'sqlite://'}}")
    assert "sqlalchemy" in imported
    assert "alembic" not in imported


def test_translations_come_where_the_language_is_not_english() -> None:
    assert "partita.i18n" in modules_after(sections="{'i18n': {'languages': ['de']}}")


def test_a_package_with_templates_or_models_has_those_set_up_at_the_start(make_package: Callable[..., Path]) -> None:
    make_package("small_shop", {"templates/small/cart.html": "{{ 1 }}", "models.py": ""})
    app = App(Settings("key"), apps=["small_shop"])
    assert not {"partita.orm", "partita.templates"} & set(app._registry._later)


def test_who_looks_for_a_key_gets_it_though_its_package_was_put_off() -> None:
    app = App(Settings("key"), default_apps=["partita.orm", "partita.migrations"])
    assert set(app._registry._later) == {"partita.orm", "partita.migrations"}
    assert "default" in app.require(DATABASES)
    assert set(app._registry._later) == {"partita.migrations"}
    asyncio.run(app.shutdown())


def test_all_commands_and_checks_are_there_for_who_asks_for_all() -> None:
    app = App(Settings("key"), default_apps=["partita.orm", "partita.migrations"])
    assert {"inspectdb", "makemigrations", "migrate"} <= {command.name for command in app.all(COMMANDS)}
    other = App(Settings("key"), default_apps=["partita.orm", "partita.migrations"])
    assert {check.__module__ for check in other.all(CHECKS)} >= {"partita.orm.integration"}


def test_tag_libraries_are_there_for_templates_though_their_packages_were_put_off() -> None:
    app = App(Settings("key"))
    names = {name for name, _ in app.all(TEMPLATE_LIBRARIES)}
    assert {"i18n", "l10n", "tz", "humanize"} <= names
    assert "partita.orm" in app._registry._later  # that has none
    engine = app.require(TEMPLATES)
    assert isinstance(engine, Engine)
    assert engine.from_string("{% load i18n %}{% translate 'Yes' %}").render() == "Yes"


@pytest.mark.parametrize("name", sorted(_ON_DEMAND))
def test_whatever_a_package_that_is_put_off_adds_to_brings_it_in(name: str) -> None:
    added: list[ExtensionPoint[object]] = []

    class Noting(SimpleRegistrar):
        def add(self, point: ExtensionPoint[Any], value: object) -> None:
            added.append(point)

    import_module(f"{name}.integration").setup(Noting())
    # What begins and ends with the package itself matters only once it is there.
    needed = {point for point in added if point not in {STARTUP, SHUTDOWN}}
    assert {point.name for point in needed if not point.name.startswith(name)} <= {
        point.name for point in shared_lists(name)
    }


def test_a_broken_setting_of_a_package_that_was_put_off_is_found_by_the_checks() -> None:
    app = App(Settings("key", sections={"storages": {"default": {"backend": 3}}}), default_apps=["partita.storage"])
    assert any("storage" in finding.text for finding in app.check())


def test_pages_for_errors_come_though_nobody_has_imported_views() -> None:
    then = "assert (await app(Request.build('GET', '/nowhere', headers={'host': 'localhost'}))).status == 404"
    assert "partita.views" in modules_after(then)


def test_sync_views_still_run_in_threads() -> None:
    here: list[int] = []

    def view(request: Request) -> Response:
        here.append(threading.get_ident())
        return Response.text("ok")

    app = App(Settings("key"), urls=[path("", view)], default_apps=())
    assert asyncio.run(app(Request.build("GET", "/"))).status == 200
    assert here != [threading.get_ident()]


class TestPuttingOff:
    """The registry's side of it."""

    def made(self, times: list[int]) -> Registry:
        """Return a frozen registry whose package ``things`` is put off; it counts how often that is set up."""
        registry = Registry(Settings("key"))

        def setup() -> None:
            times.append(1)
            registry.provide(THING, lambda: "thing")
            registry.add(PARTS, "part")
            registry.add(COMMANDS, Mend())

        registry.set_up_later("things", setup)
        registry.freeze()
        return registry

    def test_each_way_of_asking_sets_the_package_up_once(self) -> None:
        """Whatever comes first."""
        asking: list[Callable[[Registry], object]] = [
            lambda registry: registry.require(THING),
            lambda registry: registry.find(THING),
            lambda registry: registry.all(PARTS)[0],
            lambda registry: registry.all(COMMANDS)[0],
            lambda registry: registry.command("mend"),
        ]
        for ask in asking:
            times: list[int] = []
            registry = self.made(times)
            assert ask(registry)
            assert ask(registry)
            assert (registry.require(THING), times) == ("thing", [1])

    def test_what_others_provide_is_asked_for_without_setting_it_up(self) -> None:
        """And the registry stays frozen in any case."""
        times: list[int] = []
        registry = self.made(times)
        assert registry.find(Key[str]("other.thing")) is None
        assert registry.all(ExtensionPoint[str]("other.parts")) == ()
        assert not times
        registry.require(THING)
        with pytest.raises(FrozenAppError):
            registry.add(PARTS, "late")

    def test_threads_that_ask_at_once_all_get_the_same(self) -> None:
        """The set-up runs once, and nobody sees half of it."""
        times: list[int] = []
        registry, found = self.made(times), list[str]()
        gate = threading.Barrier(8)

        def ask() -> None:
            gate.wait()
            found.append(registry.require(THING))

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (found, times) == (["thing"] * 8, [1])

    def test_a_package_that_cannot_be_set_up_says_so_each_time(self) -> None:
        """Not that there is nothing."""
        registry = Registry(Settings("key"))

        def setup() -> None:
            raise ImportError("no driver")

        registry.set_up_later("things", setup)
        registry.freeze()
        for _ in range(2):
            with pytest.raises(ImportError, match="no driver"):
                registry.find(THING)
