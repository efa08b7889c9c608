"""Transactions: ``with atomic():``, ``async with atomic():``, ``@atomic``."""

import asyncio
import inspect
import logging
import re
from collections.abc import Callable
from contextvars import Token
from functools import wraps
from typing import Any, TypeVar, overload

import msgspec

from partita import bridge
from partita.orm.database import Database
from partita.orm.database_options import LEVELS
from partita.orm.databases import current_databases
from partita.orm.errors import OrmError, TransactionManagementError
from partita.orm.held import Held, current_task

__all__ = (
    "Atomic",
    "atomic",
    "get_rollback",
    "on_commit",
    "savepoint",
    "savepoint_commit",
    "savepoint_rollback",
    "set_rollback",
)

_SAVEPOINT = r"s\d+"
C = TypeVar("C", bound=Callable[..., Any])


class Atomic:
    """A block of which everything or nothing is kept.

    Inside another one it is a savepoint. Made by `atomic`.
    """

    def __init__(
        self,
        using: "str | Database | None",
        savepoint: bool,
        durable: bool,
        isolation: str | None,
        read_only: bool = False,
        deferrable: bool = False,
    ) -> None:
        if isolation is not None and isolation.lower() not in LEVELS:
            raise ValueError(f"isolation is one of {', '.join(LEVELS)}, not {isolation!r:.40}.")
        self.using, self.savepoint, self.durable = using, savepoint, durable
        self.isolation = None if isolation is None else isolation.lower()
        self.read_only, self.deferrable = read_only, deferrable
        if deferrable and not (read_only and self.isolation == "serializable"):
            raise ValueError("deferrable needs read_only=True and isolation='serializable'.")
        self._open: list[_Opened] = []

    def _database(self) -> Database:
        if isinstance(self.using, Database):
            return self.using
        return current_databases()[self.using or "default"]

    def __enter__(self) -> None:
        database = self._database()
        known = database.held.get()
        held = database.hold() if known is None else known
        begun: list[str | None] = []
        try:
            database.bare(self._begin, held, begun)
        except BaseException:
            try:
                if begun:  # as in `__aenter__`
                    database.bare(self._end, held, begun[0], True)
            finally:
                if known is None:
                    held.pool.release(held.link)
            raise
        self._keep(database, held, begun[0], fresh=known is None)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        opened = self._let_go()
        try:
            hooks = opened.database.bare(self._end, opened.held, opened.savepoint, kind is not None)
        finally:
            opened.release()
        _run_hooks(hooks)

    async def __aenter__(self) -> None:
        database = self._database()
        known = database.held.get()
        held = await database.ahold() if known is None else known
        begun: list[str | None] = []
        try:
            await database.abare(self._begin, held, begun)
        except BaseException:
            try:
                if begun:  # cancelled while a thread began the block: nobody would end it
                    await database.abare(self._end, held, begun[0], True)
            finally:
                if known is None:
                    held.pool.release(held.link)
            raise
        self._keep(database, held, begun[0], fresh=known is None)  # here and not in a thread, so that the caller has it

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        opened = self._let_go()
        try:
            hooks = await opened.database.abare(self._end, opened.held, opened.savepoint, kind is not None)
        finally:
            opened.release()
        if hooks:
            await opened.database.abare(_run_hooks, hooks)

    def __call__(self, function: C) -> C:
        """Run every call of ``function`` in a block."""
        options = (self.using, self.savepoint, self.durable, self.isolation, self.read_only, self.deferrable)
        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def arun(*args: Any, **kwargs: Any) -> Any:
                async with Atomic(*options):
                    return await function(*args, **kwargs)

            return arun  # type: ignore[return-value]  # the same signature

        @wraps(function)
        def run(*args: Any, **kwargs: Any) -> Any:
            with Atomic(*options):
                return function(*args, **kwargs)

        return run  # type: ignore[return-value]  # the same signature

    def _keep(self, database: Database, held: Held, savepoint: str | None, *, fresh: bool) -> None:
        token = database.held.set(held) if fresh else None
        self._open.append(_Opened(database, held, savepoint, token))

    def _let_go(self) -> "_Opened":
        opened = self._open.pop()
        if opened.token is not None:
            opened.database.held.reset(opened.token)
        return opened

    def _begin(self, held: Held, begun: list[str | None]) -> None:
        """Begin, or set a savepoint, and tell its name there, even if nobody waits for the answer of a thread."""
        if held.depth == 0:
            held.link.begin(self.isolation, read_only=self.read_only, deferrable=self.deferrable)
            held.depth = 1
            held.owner = current_task() if held.native else None
            begun.append(None)
            return
        if self.durable:
            raise TransactionManagementError("A durable atomic block cannot be nested within another atomic block.")
        if self.isolation is not None:
            raise TransactionManagementError("The isolation level belongs to the outermost atomic block.")
        if self.read_only:
            raise TransactionManagementError("read_only belongs to the outermost atomic block.")
        if held.native and held.owner is not current_task():
            raise TransactionManagementError(
                "This transaction belongs to another task. Begin one inside of this task, outside of the other's block."
            )
        name = None
        if self.savepoint and not held.must_roll_back:
            held.savepoints += 1
            name = f"s{held.savepoints}"
            held.run(f"SAVEPOINT {name}", ())
        held.depth += 1
        begun.append(name)

    def _end(self, held: Held, name: str | None, failed: bool) -> list[Callable[[], object]]:
        """Finish the block; return what is to run now that it is kept."""
        held.depth -= 1
        if held.depth:
            self._end_inner(held, name, failed)
            return []
        hooks = [hook for _, hook, _ in held.hooks]
        failed = failed or held.must_roll_back
        held.hooks, held.must_roll_back = [], False
        if failed:
            _roll_back(held)
            return []
        try:
            held.run("COMMIT", ())
        except BaseException:
            _roll_back(held)
            raise
        held.link.ended()
        return hooks

    def _end_inner(self, held: Held, name: str | None, failed: bool) -> None:
        if name is None:
            held.must_roll_back = held.must_roll_back or failed
            return
        if not failed and not held.must_roll_back:
            try:
                held.run(f"RELEASE SAVEPOINT {name}", ())
            except BaseException:  # whoever hears that the block failed must not find it kept with the outer one
                held.must_roll_back = True
                raise
            return
        held.must_roll_back = False
        held.hooks = [hook for hook in held.hooks if name not in hook[0]]
        try:
            held.run(f"ROLLBACK TO SAVEPOINT {name}", ())
            held.run(f"RELEASE SAVEPOINT {name}", ())
        except OrmError:
            held.must_roll_back = True
            if not failed:
                raise


class _Opened(msgspec.Struct, frozen=True):
    """One entered block."""

    database: Database
    held: Held
    savepoint: str | None
    token: Token[Held | None] | None

    def release(self) -> None:
        """Give the connection back, if this block borrowed it."""
        if self.token is not None:
            self.held.pool.release(self.held.link)


def _roll_back(held: Held) -> None:
    if held.link.broken:
        return
    try:
        held.roll_back()
        held.link.ended()
    except OrmError:
        held.link.broken = True  # unknown state: the pool will close it


def _run_hooks(hooks: list[Callable[[], object]]) -> None:
    for hook in hooks:
        result = hook()
        if inspect.isawaitable(result):
            _settle(result)


def _settle(result: Any) -> None:
    if bridge.active():
        bridge.wait(result)
    else:

        async def finish() -> None:
            await result

        asyncio.run(finish())


@overload
def atomic(using: C, /) -> C: ...
@overload
def atomic(
    using: "str | Database | None" = None,
    savepoint: bool = True,
    durable: bool = False,
    *,
    isolation: str | None = None,
    read_only: bool = False,
    deferrable: bool = False,
) -> Atomic: ...
def atomic(
    using: Any = None,
    savepoint: bool = True,
    durable: bool = False,
    *,
    isolation: str | None = None,
    read_only: bool = False,
    deferrable: bool = False,
) -> Any:
    """Keep everything that happens in a block, or nothing; a context manager, sync and async, and a decorator.

    Args:
        using: A database or its alias.
        savepoint: Whether a block inside another can fail alone.
        durable: Refuse to be inside another, so that the end of the block is the end of the transaction.
        isolation: ``read committed``, ``repeatable read`` or ``serializable``; the outermost block's only.
        read_only: Refuse to write; the outermost block's only.
        deferrable: Wait for a moment from which a serializable, read-only transaction can neither fail nor make others fail
            (PostgreSQL).
    """
    if callable(using):
        return Atomic(None, savepoint, durable, isolation, read_only, deferrable)(using)
    return Atomic(using, savepoint, durable, isolation, read_only, deferrable)


def on_commit(func: Callable[[], object], using: "str | Database | None" = None, robust: bool = False) -> None:
    """Call ``func`` once the transaction is kept, and never if it is not; at once if there is none.

    Args:
        func: Takes nothing; may be async.
        using: A database or its alias.
        robust: Log its error rather than raise it.
    """
    if not callable(func):
        raise TypeError("on_commit()'s callback must be a callable.")
    held = _database(using).held.get()
    hook = _robust(func) if robust else func
    if held is None or held.depth == 0:
        _run_hooks([hook])
        return
    if held.manual:
        raise TransactionManagementError("on_commit() cannot be used while the code ends its transactions by hand.")
    held.hooks.append((tuple(f"s{number}" for number in range(1, held.savepoints + 1)), hook, robust))


def waits_for_commit(function: Callable[[], object], using: "str | Database | None" = None) -> bool:
    """Return whether ``function``, given to `on_commit`, is still to be called: not if the block was kept, nor if it was undone.

    Args:
        function: The same object.
        using: A database or its alias.
    """
    held = _database(using).held.get()
    return held is not None and any(hook is function for _, hook, _ in held.hooks)


def set_rollback(rollback: bool, using: "str | Database | None" = None) -> None:
    """Mark the current block to be rolled back at its end, or not.

    Raises:
        TransactionManagementError: If there is no block.
    """
    held = _in_block(using, "The rollback flag doesn't work outside of an 'atomic' block.")
    held.must_roll_back = rollback


def get_rollback(using: "str | Database | None" = None) -> bool:
    """Return whether the current block will be rolled back at its end.

    Raises:
        TransactionManagementError: If there is no block.
    """
    return _in_block(using, "The rollback flag doesn't work outside of an 'atomic' block.").must_roll_back


def savepoint(using: "str | Database | None" = None) -> str | None:
    """Set a savepoint in the current transaction and return its name; None if there is no transaction."""
    database = _database(using)
    held = database.held.get()
    if held is None or held.depth == 0:
        return None
    held.savepoints += 1
    name = f"s{held.savepoints}"
    database.bare(held.run, f"SAVEPOINT {name}", ())
    return name


def savepoint_commit(sid: str | None, using: "str | Database | None" = None) -> None:
    """Keep what happened since the savepoint, as far as the transaction is kept."""
    _at_savepoint(sid, "RELEASE SAVEPOINT", using)


def savepoint_rollback(sid: str | None, using: "str | Database | None" = None) -> None:
    """Undo what happened since the savepoint, and forget what waits for the end of the transaction since then."""
    held = _at_savepoint(sid, "ROLLBACK TO SAVEPOINT", using)
    if held is not None:
        held.hooks = [hook for hook in held.hooks if sid not in hook[0]]


def _at_savepoint(sid: str | None, statement: str, using: "str | Database | None") -> Held | None:
    database = _database(using)
    held = database.held.get()
    if sid is None or held is None or held.depth == 0:
        return None
    if re.fullmatch(_SAVEPOINT, sid) is None:
        raise ValueError(f"{sid!r:.40} is no savepoint; savepoint() returns its name.")
    database.bare(held.run, f"{statement} {sid}", ())
    return held


def _database(using: "str | Database | None") -> Database:
    return using if isinstance(using, Database) else current_databases()[using or "default"]


def _in_block(using: "str | Database | None", message: str) -> Held:
    held = _database(using).held.get()
    if held is None or held.depth == 0:
        raise TransactionManagementError(message)
    return held


def _robust(function: Callable[[], object]) -> Callable[[], object]:
    def run() -> None:
        try:
            _run_hooks([function])  # async ones to their end, for they fail later
        except Exception:
            logging.getLogger("partita.orm").exception("Error calling %r in on_commit()", function)

    return run
