"""What SQL is made of: SQLAlchemy's elements, or text in their place.

Expressions and look-ups take ``func``, ``cast`` and so on from here. Given SQLAlchemy's elements, these make SQLAlchemy's;
given `Written` text, they write what SQLAlchemy would write, much sooner (docs/decisions/0010). So each expression says once
what it is in SQL.
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy import literal_column
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import Grouping, UnaryExpression

from partita.orm.written import OWN_WORDS, PERCENT, Grouped, NotPlain, Writer, Written, joined, listed, named, text_of

__all__ = (
    "and_",
    "case",
    "cast",
    "constant",
    "distinct",
    "exists",
    "extract",
    "func",
    "not_",
    "nothing",
    "null",
    "or_",
    "over",
)


def _home(parts: Iterable[Any]) -> Writer | None:
    """Return who writes the first of the parts that is text; None if none is."""
    for part in parts:
        if isinstance(part, Written):
            return part.home
    return None


class _Called:
    """A function by its name."""

    __slots__ = ("_generator", "_name")

    def __init__(self, name: str) -> None:
        self._name, self._generator = name, getattr(sqlalchemy.func, name)

    def __call__(self, *arguments: Any) -> Any:
        home = _home(arguments)
        if home is None:
            return self._generator(*arguments)
        if self._name.lower() in OWN_WORDS or home.has_own_way(self._name):
            raise NotPlain
        return Written(f"{named(self._name)}({listed(arguments)})", home)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._generator, name)


@lru_cache(1024)
def _called(name: str) -> _Called:
    return _Called(name)


class _Functions:
    """All functions, by their names."""

    def __getattr__(self, name: str) -> _Called:
        return _called(name)


def _cast(source: Any, kind: Any) -> Any:
    if not isinstance(source, Written):
        return sqlalchemy.cast(source, kind)
    before, after = source.home.around_cast(kind)
    return Written(f"{before}{source.sql}{after}", source.home)


def _case(*pairs: tuple[Any, Any], else_: Any) -> Any:
    home = _home((else_, *(part for pair in pairs for part in pair)))
    if home is None:
        return sqlalchemy.case(*pairs, else_=else_)
    parts = [f"WHEN {text_of(when, None)} THEN {text_of(then, operators.comma_op)}" for when, then in pairs]
    return Written(f"CASE {' '.join(parts)} ELSE {text_of(else_, operators.comma_op)} END", home)


def _and(*parts: Any) -> Any:
    home = _home(parts)
    if home is None:
        return sqlalchemy.and_(*parts)
    return parts[0] if len(parts) == 1 else Written(joined(parts, "AND", operators.and_), home, operators.and_)


def _or(*parts: Any) -> Any:
    home = _home(parts)
    if home is None:
        return sqlalchemy.or_(*parts)
    return parts[0] if len(parts) == 1 else Written(joined(parts, "OR", operators.or_), home, operators.or_)


def _not(part: Any) -> Any:
    if isinstance(part, Grouping):  # which SQLAlchemy would compare with 0, if it is EXISTS
        return UnaryExpression(part, operator=operators.inv, type_=sqlalchemy.Boolean())
    if not isinstance(part, Written):
        return sqlalchemy.not_(part)
    if type(part) is not Grouped:  # SQLAlchemy turns some operators into their opposites
        raise NotPlain
    return Written(f"NOT {part.sql}", part.home, operators.inv)


def _distinct(part: Any) -> Any:
    if not isinstance(part, Written):
        return sqlalchemy.distinct(part)
    return Written(f"DISTINCT {part.beside(operators.distinct_op)}", part.home, operators.distinct_op)


def _exists(query: Any) -> Any:
    if not isinstance(query, Written):
        return sqlalchemy.exists(query)
    return Written(f"EXISTS ({query.sql})", query.home, operators.exists)


def _extract(part: str, moment: Any) -> Any:
    if not isinstance(moment, Written):
        return sqlalchemy.extract(part, moment)
    return Written(f"EXTRACT({named(part)} FROM {moment.sql})", moment.home)


def constant(sql: str, other: Any) -> Any:
    """Return SQL of the code's own, of the kind that ``other`` is, which it stands left of."""
    return Written(sql.replace("%", PERCENT), other.home) if isinstance(other, Written) else literal_column(sql)


def nothing(other: Any) -> Any:
    """Return what is never true, of the kind that ``other`` is."""
    return Written("0 = 1", other.home, operators.eq) if isinstance(other, Written) else sqlalchemy.false()


def over(
    function: Any,
    partition: Sequence[Any] | None,
    order: Sequence[Any] | None,
    frame: dict[str, tuple[int | None, int | None]],
    excluded: str = "",
) -> Any:
    """Return a function over a window.

    Args:
        function: What is computed.
        partition: What the rows have in common.
        order: Their order.
        frame: ``rows`` or ``range_`` with both ends, or nothing.
        excluded: Which of the frame's rows are left out: ``CURRENT ROW``, ``GROUP``, ``TIES`` or ``NO OTHERS``; a constant of the code.
    """
    home = _home((function, *(partition or ()), *(order or ())))
    if home is None:
        if excluded:
            from partita.orm.compiler.frames import over_excluding

            return over_excluding(function, partition, order, frame, excluded)
        return function.over(partition_by=partition, order_by=order, **frame)
    parts = [f"PARTITION BY {listed(partition)}"] if partition else []
    if order:
        parts.append(f"ORDER BY {listed(order)}")
    for kind, (start, end) in frame.items():
        ends = f"{_end(start, 'PRECEDING')} AND {_end(end, 'FOLLOWING')}"
        parts.append(f"{'ROWS' if kind == 'rows' else 'RANGE'} BETWEEN {ends}")
    if excluded:
        parts.append(f"EXCLUDE {excluded}")
    return Written(f"{text_of(function, operators.comma_op)} OVER ({' '.join(parts)})", home)


def _end(distance: int | None, unbounded: str) -> str:
    if distance is None:
        return f"UNBOUNDED {unbounded}"
    if not distance:
        return "CURRENT ROW"
    return f"{abs(distance):d} {'PRECEDING' if distance < 0 else 'FOLLOWING'}"


if TYPE_CHECKING:
    from sqlalchemy import and_, case, cast, distinct, exists, extract, func, not_, null, or_
else:
    and_, case, cast, distinct, exists, extract, func, not_, null, or_ = (
        _and, _case, _cast, _distinct, _exists, _extract, _Functions(), _not, sqlalchemy.null, _or,
    )  # fmt: skip
