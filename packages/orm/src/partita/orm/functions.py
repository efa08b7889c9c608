"""Functions that databases have in common."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, cast, func

from partita.orm.expressions import INTEGER, OF_VALUE, TEXT, Composed, Expression, Func, expression
from partita.orm.lookups import DatePart

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler
    from partita.orm.expressions import Scope

__all__ = (
    "Abs",
    "Coalesce",
    "Concat",
    "Extract",
    "Greatest",
    "Least",
    "Length",
    "Lower",
    "Now",
    "NullIf",
    "Round",
    "Trim",
    "Upper",
)


class Lower(Func):
    """Text in lower case."""

    function, arity, output_field = "lower", 1, TEXT


class Upper(Func):
    """Text in upper case."""

    function, arity, output_field = "upper", 1, TEXT


class Trim(Func):
    """Text without spaces at both ends."""

    function, arity, output_field = "trim", 1, TEXT


class Length(Func):
    """The count of characters."""

    function, arity, output_field = "length", 1, INTEGER

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """MySQL's LENGTH counts bytes."""
        return func.char_length(*arguments) if compiler.vendor == "mysql" else func.length(*arguments)


class Concat(Func):
    """Texts one after the other; NULL counts as empty."""

    output_field = TEXT

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """CONCAT, or SQLite's operator."""
        texts = [
            func.coalesce(cast(argument, Text) if compiler.vendor != "mysql" else argument, "")
            for argument in arguments
        ]
        if compiler.vendor != "sqlite":
            return func.concat(*texts)
        joined: Any = texts[0]
        for text in texts[1:]:
            joined = joined.op("||")(text)
        return joined  # type: ignore[no-any-return]  # SQLAlchemy's expression


class Coalesce(Func):
    """The first value that is not NULL."""

    function = "coalesce"


class NullIf(Func):
    """NULL if both are equal, else the first."""

    function, arity = "nullif", 2


class Greatest(Func):
    """The largest of several values."""

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """GREATEST, or SQLite's MAX."""
        return func.max(*arguments) if compiler.vendor == "sqlite" else func.greatest(*arguments)


class Least(Func):
    """The smallest of several values."""

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """LEAST, or SQLite's MIN."""
        return func.min(*arguments) if compiler.vendor == "sqlite" else func.least(*arguments)


class Abs(Func):
    """The absolute value."""

    function, arity = "abs", 1


class Round(Func):
    """The value rounded to a count of places."""

    function = "round"


class Now(Func):
    """The database's present moment."""

    arity = 0

    def __init__(self) -> None:
        import datetime as dt

        super().__init__(output_field=OF_VALUE[dt.datetime])

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """The moment the statement began, to the microsecond where the database knows it."""
        if compiler.vendor == "sqlite":
            return func.strftime("%Y-%m-%d %H:%M:%f", "now")
        return func.statement_timestamp() if compiler.vendor == "postgresql" else func.utc_timestamp(6)


class Extract(Composed):
    """A part of a date or time, such as ``Extract("published", "year")``."""

    output_field = INTEGER

    def __init__(self, source: Any, part: str) -> None:
        DatePart(expression(source), part)  # refuses what is no part
        self.sources = (expression(source),)
        self.part = part

    def resolve(self, scope: "Scope") -> Expression:
        """Return the part of the column."""
        return DatePart(self.sources[0].resolve(scope), self.part)
