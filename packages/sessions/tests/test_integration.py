import argparse
import asyncio

import pytest

from partita.contracts.checks import CHECKS
from partita.contracts.commands import COMMANDS
from partita.contracts.settings import DEBUG
from partita.contracts.testing.app import SimpleRegistrar
from partita.http.handlers import MIDDLEWARE, compose
from partita.http.request import Request
from partita.http.response import Response
from partita.sessions import SESSION, EncryptedCookieStore, MemoryStore, SignedCookieStore
from partita.sessions.integration import SESSION_STORE, setup
from partita.sessions.stores import Change
from partita.signing import SIGNING_KEYS


def app(**settings: object) -> SimpleRegistrar:
    made = SimpleRegistrar(sessions=settings)
    made.provide(SIGNING_KEYS, lambda: ("k",))
    setup(made)
    return made


@pytest.mark.parametrize(
    ("name", "kind"),
    [("cookie", SignedCookieStore), ("encrypted-cookie", EncryptedCookieStore), ("memory", MemoryStore)],
)
def test_the_settings_choose_the_store(name: str, kind: type) -> None:
    assert type(app(store=name).require(SESSION_STORE)) is kind


def test_the_layer_gives_requests_a_session() -> None:
    async def view(request: Request) -> Response:
        request[SESSION]["a"] = 1
        return Response.text("")

    handler = compose(view, app(cookie_name="sid").all(MIDDLEWARE))
    response = asyncio.run(handler(Request.build()))
    assert response.headers["set-cookie"].startswith("sid=")


def test_the_command_clears_the_store() -> None:
    made = app(store="memory")
    store = made.require(SESSION_STORE)
    store.save(None, Change({}, {}, frozenset()), 0)
    (command,) = made.all(COMMANDS)
    assert command.name == "clearsessions"
    command.add_arguments(argparse.ArgumentParser())
    assert command.run(made, argparse.Namespace()) == 0
    assert store.clear_expired() == 0


def test_the_deploy_check_finds_a_cookie_that_anybody_may_take() -> None:
    def found(*, debug: bool = False, **settings: object) -> list[str]:
        made = app(**settings)
        made.provide(DEBUG, lambda: debug)
        return [finding.id for check in made.all(CHECKS) for finding in check(made)]

    assert found() == []
    assert found(secure=False, httponly=False) == ["security.W012", "security.W015"]
    assert found(secure=False, debug=True) == []
