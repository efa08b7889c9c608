"""Window functions: values computed for each row out of the rows around it."""

from collections.abc import Hashable
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import ColumnElement

from partita.orm.aggregates import Aggregate
from partita.orm.errors import FieldError, NotSupportedError
from partita.orm.expressions import BIG, FLOAT, INTEGER, Expression, Func, Leaf, OrderBy, Scope, Value
from partita.orm.expressions import expression as as_expression
from partita.orm.expressions.identity import shape_of_field
from partita.orm.fields.base import Field
from partita.orm.ordering import resolve_order
from partita.orm.sql_elements import over

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "CumeDist",
    "DenseRank",
    "FirstValue",
    "Lag",
    "LastValue",
    "Lead",
    "NthValue",
    "Ntile",
    "PercentRank",
    "Rank",
    "RowNumber",
    "RowRange",
    "ValueRange",
    "Window",
    "WindowFrameExclusion",
)


class WindowFrameExclusion(Enum):
    """Rows of a frame that a window function does not see."""

    CURRENT_ROW = "CURRENT ROW"
    GROUP = "GROUP"
    TIES = "TIES"
    NO_OTHERS = "NO OTHERS"


class RowRange(NamedTuple):
    """The rows that a window function sees, counted from the current one: negative before it, None without end.

    ``exclusion`` leaves some of them out (SQLite, PostgreSQL).
    """

    start: int | None = None
    end: int | None = None
    exclusion: WindowFrameExclusion | None = None


class ValueRange(NamedTuple):
    """The rows that a window function sees, by the distance of what they are ordered by.

    ``exclusion`` leaves some of them out (SQLite, PostgreSQL).
    """

    start: int | None = None
    end: int | None = None
    exclusion: WindowFrameExclusion | None = None


class Window(Expression):
    """An aggregate or a window function over the rows around each row.

    Args:
        expression: An aggregate, or one of the functions of this module.
        partition_by: Rows see those with the same values only: a name, an expression, or several.
        order_by: The order within: names (``"-year"`` for the largest first) or expressions.
        frame: Which rows before and after count.
        output_field: The type of the result, if it is not that of ``source``.
    """

    windowed = True

    def __init__(
        self,
        expression: Any,
        partition_by: Any = None,
        order_by: Any = None,
        frame: RowRange | ValueRange | None = None,
        output_field: Field[Any] | None = None,
    ) -> None:
        if not isinstance(expression, Aggregate | _OverRows):
            raise ValueError(f"Expression {type(expression).__name__!r:.80} isn't compatible with OVER clauses.")
        _check_frame(frame)
        self.source: Any = expression
        self.partition: tuple[Any, ...] = tuple(as_expression(one) for one in _several(partition_by))
        self.order: tuple[Any, ...] = tuple(_several(order_by))
        self.frame = frame
        self.output_field = output_field

    def resolve(self, scope: Scope) -> Expression:
        """Resolve the function, the partition and the order."""
        copy = object.__new__(type(self))
        copy.__dict__.update(self.__dict__)
        copy.source = self.source.resolve(scope)
        copy.partition = tuple(one.resolve(scope) for one in self.partition)
        copy.order = resolve_order(scope, self.order)
        if any(one.windowed for one in (*copy.source.sources, *copy.partition, *copy.order)):
            raise FieldError("A window function cannot stand inside of another.")
        if any(one.contains_aggregate for one in (*copy.partition, *copy.order)):
            raise NotSupportedError("Windows over groups are not there; aggregate first, in a Subquery.")
        return copy

    def get_group_by_cols(self) -> list[Any]:
        """What the rows are told apart, put in order and described by: groups of rows are made before windows."""
        parts = (*self.source.sources, *self.partition, *[term.sources[0] for term in self.order])
        return [column for part in parts for column in part.get_group_by_cols()]

    @property
    def output(self) -> Field[Any]:
        """As the function's."""
        given: Field[Any] = self.source.output if self.output_field is None else self.output_field
        return given

    def shape(self, leaves: list[Leaf]) -> Hashable:
        """The function, the partition, the order and the frame."""
        return (
            Window,
            shape_of_field(self.output_field),
            type(self.frame),
            self.frame,
            self.source.shape(leaves),
            tuple([one.shape(leaves) for one in self.partition]),
            tuple([one.shape(leaves) for one in self.order]),
        )

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The function with OVER."""
        if getattr(self.source, "default", None) is not None:
            raise FieldError("An aggregate in a window takes no default; wrap the window in Coalesce.")
        function: Any = self.source.compile(compiler)
        order: list[OrderBy] = list(self.order)
        kind = "rows" if isinstance(self.frame, RowRange) else "range_"
        frame: dict[str, Any] = {} if self.frame is None else {kind: (self.frame.start, self.frame.end)}
        partition = [one.compile(compiler) for one in self.partition] or None
        ordered = [one.compile(compiler) for one in order] or None
        excluded = None if self.frame is None else self.frame.exclusion
        if excluded is not None and compiler.vendor == "mysql":
            raise NotSupportedError("MySQL's and MariaDB's windows leave no rows of a frame out.")
        result: ColumnElement[Any] = over(
            function, partition, ordered, frame, "" if excluded is None else excluded.value
        )
        return result


def _check_frame(frame: RowRange | ValueRange | None) -> None:
    if frame is None:
        return
    for bound in (frame.start, frame.end):
        if bound is not None and type(bound) is not int:
            raise ValueError(f"A frame's bounds are whole numbers or None, not {bound!r:.80}.")
    if frame.start is not None and frame.end is not None and frame.start > frame.end:
        raise ValueError("start cannot be greater than end.")
    if frame.exclusion is not None and not isinstance(frame.exclusion, WindowFrameExclusion):
        raise TypeError(f"exclusion is a member of WindowFrameExclusion, not {frame.exclusion!r:.80}.")


def _several(given: Any) -> tuple[Any, ...]:
    if given is None:
        return ()
    return tuple(given) if isinstance(given, list | tuple) else (given,)


class _OverRows(Func):
    """A function that only a window gives sense to."""


class RowNumber(_OverRows):
    """The place of the row, counted from one."""

    function, arity, output_field = "row_number", 0, BIG


class Rank(_OverRows):
    """The place of the row; equal ones share it, and leave a gap behind."""

    function, arity, output_field = "rank", 0, BIG


class DenseRank(_OverRows):
    """The place of the row; equal ones share it, and leave no gap."""

    function, arity, output_field = "dense_rank", 0, BIG


class PercentRank(_OverRows):
    """The place of the row, from 0 to 1."""

    function, arity, output_field = "percent_rank", 0, FLOAT


class CumeDist(_OverRows):
    """The share of rows that are not after this one."""

    function, arity, output_field = "cume_dist", 0, FLOAT


class Ntile(_OverRows):
    """The number of the part the row is in, of so many parts of the same size."""

    function, output_field = "ntile", BIG

    def __init__(self, num_buckets: int = 1) -> None:
        if num_buckets <= 0:
            raise ValueError("num_buckets must be greater than 0.")
        super().__init__(Value(num_buckets, INTEGER))


class _Neighbour(_OverRows):
    def __init__(self, expression: Any, offset: int = 1, default: Any = None) -> None:
        if offset <= 0:
            raise ValueError(f"{type(self).__name__} requires a positive integer for the offset.")
        given = () if default is None else (Value(default) if isinstance(default, str) else as_expression(default),)
        super().__init__(as_expression(expression), Value(offset, INTEGER), *given)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        if len(arguments) > 2 and compiler.vendor == "mysql":
            raise NotSupportedError(f"MariaDB's {type(self).__name__} takes no default; wrap the window in Coalesce.")
        return super().call(compiler, *arguments)


class Lag(_Neighbour):
    """The value of a row before this one; ``default`` where there is none."""

    function = "lag"


class Lead(_Neighbour):
    """The value of a row after this one; ``default`` where there is none."""

    function = "lead"


class FirstValue(_OverRows):
    """The value of the first row."""

    function, arity = "first_value", 1


class LastValue(_OverRows):
    """The value of the last row that the frame has: without a frame, of the last that is equal to this one."""

    function, arity = "last_value", 1


class NthValue(_OverRows):
    """The value of row ``nth``, counted from one."""

    function = "nth_value"

    def __init__(self, expression: Any, nth: int = 1) -> None:
        if nth <= 0:
            raise ValueError("NthValue requires a positive integer as for nth.")
        super().__init__(as_expression(expression), Value(nth, INTEGER))
