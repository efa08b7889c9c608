"""What transactions may see of one another: Adya's anomalies, lists whose order is that of the commits, sums that stay."""

import asyncio
import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import pytest

from partita.orm import Database, IntegerField, Model, OperationalError, Registry, TextField, atomic
from partita.orm.retrying import until_kept

bank = Registry()


class Account(Model):
    """Holds money, and a list of who wrote to it."""

    balance = IntegerField(default=0)
    writers = TextField(default="")

    class Meta:
        registry = bank
        app_label = "bank"


@pytest.fixture
def accounts(sessions: Database, tables: Callable[..., None]) -> Any:
    """Two accounts with ten each, in a database where transactions overlap."""
    tables(Account)
    one, two = (Account.objects.create(balance=10) for _ in range(2))
    return one.pk, two.pk


async def balance(key: int) -> int:
    return (await Account.objects.aget(pk=key)).balance


class Undo(Exception):
    """Rolls a block back."""


LEVELS = ("read committed", "repeatable read", "serializable")


class Clients:
    """Two clients, each with a transaction in a task of its own, that do as they are told one after the other."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.orders: list[asyncio.Queue[Any]] = [asyncio.Queue() for _ in range(2)]
        self.tasks = [asyncio.create_task(self._work(queue)) for queue in self.orders]

    async def _work(self, orders: "asyncio.Queue[Any]") -> BaseException | None:
        answer: asyncio.Future[Any] | None = None
        try:
            async with atomic(isolation=self.level):
                while True:
                    steps, answer = await orders.get()
                    if steps is None:
                        break
                    answer.set_result(await steps())
        except (OperationalError, Undo) as error:
            assert answer is not None
            answer.set_exception(error)
            return error
        answer.set_result(None)
        return None

    def tell(self, who: int, steps: Callable[[], Any] | None) -> "asyncio.Future[Any]":
        """Have a client do something, or commit for None; the future ends when it has."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.orders[who].put_nowait((steps, answer))
        return answer


def setting(key: int, amount: int) -> Callable[[], Any]:
    return lambda: Account.objects.filter(pk=key).aupdate(balance=amount)


def reading(key: int) -> Callable[[], Any]:
    return lambda: balance(key)


async def undo() -> None:
    raise Undo


@pytest.mark.parametrize("level", LEVELS)
def test_writes_of_two_transactions_do_not_mix(accounts: Any, run: Callable[..., Any], level: str) -> None:
    """G0: both write both rows; the rows are of the same one afterwards."""
    x, y = accounts

    async def main() -> tuple[int, int]:
        clients = Clients(level)
        await clients.tell(0, setting(x, 11))
        waiting = clients.tell(1, setting(x, 12))
        await clients.tell(0, setting(y, 21))
        await clients.tell(0, None)
        outcomes = await asyncio.gather(waiting, return_exceptions=True)
        if not isinstance(outcomes[0], OperationalError):
            await clients.tell(1, setting(y, 22))
            await clients.tell(1, None)
        await asyncio.gather(*clients.tasks)
        return await balance(x), await balance(y)

    assert run(main()) in {(11, 21), (12, 22)}


@pytest.mark.parametrize("level", LEVELS)
def test_nobody_sees_what_is_undone_or_not_yet_final(accounts: Any, run: Callable[..., Any], level: str) -> None:
    """G1a and G1b."""
    x, _ = accounts

    async def main() -> None:
        clients = Clients(level)
        await clients.tell(0, setting(x, 101))
        reader = clients.tell(1, reading(x))
        done, _ = await asyncio.wait([reader], timeout=0.3)  # MySQL's serializable readers wait for the writer
        if not done:
            assert level == "serializable"
        outcome = clients.tell(0, undo)
        with pytest.raises(Undo):
            await outcome
        assert await reader == 10
        assert await clients.tell(1, reading(x)) == 10
        await clients.tell(1, None)
        await asyncio.gather(*clients.tasks)

    run(main())


@pytest.mark.parametrize("level", LEVELS[1:])
def test_what_was_read_stays_as_it_was(accounts: Any, run: Callable[..., Any], level: str) -> None:
    """G-single, read skew: from repeatable read on."""
    x, y = accounts

    async def main() -> None:
        clients = Clients(level)
        assert await clients.tell(0, reading(x)) == 10
        writes = [clients.tell(1, setting(x, 12)), clients.tell(1, setting(y, 18)), clients.tell(1, None)]
        await asyncio.wait([writes[-1]], timeout=0.3)  # MySQL's serializable writers wait for the reader
        assert await clients.tell(0, reading(y)) == 10
        await clients.tell(0, None)
        await asyncio.gather(*writes, *clients.tasks, return_exceptions=True)

    run(main())


def test_decisions_that_exclude_each_other_are_not_both_kept(accounts: Any, run: Callable[..., Any]) -> None:
    """G2-item, write skew: serializable only."""
    x, y = accounts

    async def main() -> int:
        clients = Clients("serializable")
        for who in (0, 1):
            for key in (x, y):
                assert await clients.tell(who, reading(key)) == 10
        orders = [clients.tell(0, setting(x, -5)), clients.tell(1, setting(y, -5))]
        await asyncio.wait(orders, timeout=0.3)
        for who in (0, 1):
            if not clients.tasks[who].done():
                orders.append(clients.tell(who, None))
        outcomes = await asyncio.gather(*clients.tasks)
        for order in orders:
            if order.done():
                order.exception()
        assert sum(isinstance(outcome, OperationalError) for outcome in outcomes) == 1
        return await balance(x) + await balance(y)

    assert run(main()) == 5


@pytest.mark.parametrize("level", LEVELS)
def test_a_list_has_the_order_of_the_commits_and_money_is_neither_made_nor_lost(
    accounts: Any, database: Database, run: Callable[..., Any], level: str
) -> None:
    choice = random.Random(5)
    kept: dict[int, tuple[int, int]] = {}  # when each was begun and acknowledged
    clock = itertools.count()

    def move(number: int, amount: int, fail: bool) -> None:
        with atomic(isolation=level):
            rows = Account.objects.select_for_update().order_by("pk")
            here, there = rows[0], rows[1]
            here.balance -= amount
            there.balance += amount
            here.writers += f"{number} "
            here.save()
            there.save()
            if fail:
                raise Undo

    async def client(name: int) -> None:
        for turn in range(3):
            number, fail, started = 10 * name + turn, choice.random() < 0.2, next(clock)
            with suppress(Undo):
                await database.arun(until_kept, database, partial(move, number, choice.randint(1, 5), fail))
                kept[number] = started, next(clock)

    async def main() -> str:
        await asyncio.gather(*(client(name) for name in range(6)))
        return str((await Account.objects.aget(pk=accounts[0])).writers)

    written = [int(number) for number in run(main()).split()]
    assert sorted(written) == sorted(kept)
    assert len(set(written)) == len(written)
    for place, number in enumerate(written):
        assert all(kept[later][1] > kept[number][0] for later in written[place + 1 :]), "it was kept before this began"
    assert sum(account.balance for account in Account.objects.all()) == 20
