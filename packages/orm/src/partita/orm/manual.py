"""Transactions by hand, for code that ends them itself: `set_autocommit`, `commit`, `rollback`."""

from partita.orm.database import Database
from partita.orm.databases import current_databases
from partita.orm.errors import TransactionManagementError
from partita.orm.held import Held

__all__ = ("commit", "get_autocommit", "rollback", "set_autocommit")

Using = str | Database | None


def get_autocommit(using: Using = None) -> bool:
    """Return whether each statement is kept by itself."""
    held = _database(using).held.get()
    return held is None or not (held.manual or held.depth)


def set_autocommit(autocommit: bool, using: Using = None) -> None:
    """Let each statement of this context be kept by itself, which is usual, or only by `commit`.

    While it is off, the context keeps one connection, whose transaction begins at once, and anew after `commit` and `rollback`.
    An `atomic` block inside is a savepoint. Turning it on again keeps what was done.

    Args:
        autocommit: False to end transactions by hand.
        using: A database or its alias.

    Raises:
        TransactionManagementError: Within an `atomic` block.
    """
    database = _database(using)
    held = database.held.get()
    if held is not None and not (held.manual and held.depth == 1):
        raise TransactionManagementError("This is forbidden when an 'atomic' block is active.")
    if (held is None) == autocommit:
        return
    if held is None:
        held = database.hold()
        try:
            database.bare(_begin, held)
        except BaseException:
            try:
                if held.depth:  # cancelled while a thread began the transaction: nobody would end it
                    database.bare(held.roll_back)
            finally:
                held.pool.release(held.link)
            raise
        held.manual = True
        database.held.set(held)
        return
    try:
        database.bare(held.run, "COMMIT", ())
    except BaseException:
        held.link.broken = True  # unknown state: the pool closes it
        raise
    finally:
        database.held.set(None)
        held.pool.release(held.link)


def commit(using: Using = None) -> None:
    """Keep what was done since autocommit was turned off, or since the last `commit` or `rollback`.

    Raises:
        TransactionManagementError: Within an `atomic` block, or while autocommit is on.
    """
    _end("COMMIT", using)


def rollback(using: Using = None) -> None:
    """Undo what was done since autocommit was turned off, or since the last `commit` or `rollback`.

    Raises:
        TransactionManagementError: Within an `atomic` block, or while autocommit is on.
    """
    _end("ROLLBACK", using)


def _end(statement: str, using: Using) -> None:
    database = _database(using)
    held = database.held.get()
    if held is None:
        raise TransactionManagementError("Autocommit is on: there is no transaction to end.")
    if not held.manual or held.depth != 1:
        raise TransactionManagementError("This is forbidden when an 'atomic' block is active.")
    held.must_roll_back = False  # an error that was caught is undone, or kept on purpose
    database.bare(_anew, held, statement)


def _anew(held: Held, statement: str) -> None:
    held.run(statement, ())
    held.run("BEGIN", ())


def _begin(held: Held) -> None:
    # Not as atomic() begins: to take SQLite's lock before there is anything to write would keep all others out.
    held.run("BEGIN", ())
    held.depth = 1


def _database(using: Using) -> Database:
    return using if isinstance(using, Database) else current_databases()[using or "default"]
