"""Frames of windows that leave rows out, which SQLAlchemy does not know."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import Over

__all__ = ("over_excluding",)


class _OverExcluding(Over[Any]):
    """OVER with EXCLUDE at the end of its frame."""

    inherit_cache = False
    excluded: str


@compiles(_OverExcluding)
def _written(element: _OverExcluding, compiler: Any, **options: Any) -> str:
    written: str = compiler.visit_over(element, **options)
    return f"{written.removesuffix(')')} EXCLUDE {element.excluded})"


def over_excluding(
    function: Any,
    partition: Sequence[ColumnElement[Any]] | None,
    order: Sequence[ColumnElement[Any]] | None,
    frame: Mapping[str, Any],
    excluded: str,
) -> ColumnElement[Any]:
    """Return a function over a frame without some of its rows.

    Args:
        function: Of the window.
        partition: What its rows have in common.
        order: Their order.
        frame: ``rows`` or ``range_`` with both ends.
        excluded: ``CURRENT ROW``, ``GROUP``, ``TIES`` or ``NO OTHERS``.
    """
    over = _OverExcluding(function, partition_by=partition, order_by=order, **frame)
    over.excluded = excluded
    return over
