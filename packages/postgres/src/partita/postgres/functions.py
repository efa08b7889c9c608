"""Functions that only PostgreSQL has."""

from partita.orm import DateTimeField, Func, UUIDField

__all__ = ("RandomUUID", "TransactionNow")


class RandomUUID(Func):
    """A random UUID (version 4), made by the database."""

    function, arity = "gen_random_uuid", 0
    output_field = UUIDField()


class TransactionNow(Func):
    """When the transaction began; the same all through it."""

    function, arity = "current_timestamp", 0
    template = "CURRENT_TIMESTAMP"
    output_field = DateTimeField()
