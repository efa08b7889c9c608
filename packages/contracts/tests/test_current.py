"""Look-ups go to the application that is current here, and say so when there is none."""

import asyncio

import pytest

from partita.contracts.current import CURRENT, find, require
from partita.contracts.key import Key
from partita.contracts.testing.app import SimpleRegistrar

NAME = Key[str]("test.name")


def app_named(name: str) -> SimpleRegistrar:
    app = SimpleRegistrar()
    app.provide(NAME, lambda: name)
    return app


def test_a_look_up_outside_an_application_says_how_to_enter_one() -> None:
    with pytest.raises(LookupError, match=r"test\.name was asked for outside an application.*with app:"):
        require(NAME)
    assert find(NAME) is None


def test_a_look_up_asks_the_current_application() -> None:
    token = CURRENT.set(app_named("shop"))
    try:
        assert require(NAME) == find(NAME) == "shop"
        assert find(Key[str]("test.other")) is None
    finally:
        CURRENT.reset(token)


def test_tasks_with_different_applications_do_not_see_each_other() -> None:
    async def ask(name: str) -> list[str]:
        CURRENT.set(app_named(name))
        seen = []
        for _ in range(10):
            await asyncio.sleep(0)
            seen.append(require(NAME))
        return seen

    async def main() -> list[list[str]]:
        return list(await asyncio.gather(ask("one"), ask("two")))

    assert asyncio.run(main()) == [["one"] * 10, ["two"] * 10]
