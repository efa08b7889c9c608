"""A limit of queries for a view or any other block of code, watched in production as well."""

import inspect
import logging
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from types import TracebackType
from typing import Any, Literal, Self, TypeVar, cast

from partita.orm.database import Database
from partita.orm.databases import current_databases
from partita.orm.errors import OrmError

__all__ = ("QueryBudget", "TooManyQueries", "query_budget")

C = TypeVar("C", bound=Callable[..., Any])
_log = logging.getLogger("partita.orm.patterns.budgets")


class TooManyQueries(OrmError):
    """A block of code asks the database more often than it may."""

    def __init__(self, name: str, limit: int, sql: str) -> None:
        super().__init__(name, limit, sql)
        self.name, self.limit, self.sql = name, limit, sql

    def __str__(self) -> str:
        return (
            f"{self.name} asks the database more than {self.limit} times; the next was {self.sql[:200]}. Load related rows "
            "with select_related() or prefetch_related(), or raise the budget."
        )


def query_budget(
    limit: int, *, exceeded: Literal["warn", "fail"] = "warn", name: str = "", using: str | Database | None = None
) -> "QueryBudget":
    """Return a budget of queries: a decorator for functions and coroutine functions, or a block of ``with``.

    The first statement beyond ``limit`` is logged as a warning of ``partita.orm.patterns.budgets``, with the line that asked, or
    does not run.

    Args:
        limit: How many statements may run.
        exceeded: ``warn`` logs the first one beyond it, once a call; ``fail`` refuses it and all that follow.
        name: What to call the code in messages; the function's name unless given.
        using: A database or its alias; all current databases count together unless given.

    Raises:
        ValueError: If ``limit`` is negative or ``exceeded`` is something else.
    """
    if limit < 0 or exceeded not in ("warn", "fail"):
        raise ValueError("A budget is a number from 0 on, and exceeded is warn or fail.")
    return QueryBudget(limit, exceeded, name, using)


class QueryBudget:
    """Counts statements in a block; made by `query_budget`.

    Attributes:
        used: How many ran so far.
    """

    __slots__ = ("_stack", "_using", "exceeded", "limit", "name", "used")

    def __init__(self, limit: int, exceeded: str, name: str, using: str | Database | None) -> None:
        self.limit, self.exceeded, self.name, self._using = limit, exceeded, name, using
        self.used = 0
        self._stack: ExitStack | None = None

    def __enter__(self) -> Self:
        self.used = 0
        stack = ExitStack()
        for database in self._databases():
            stack.enter_context(database.execute_wrapper(self._count))
        self._stack = stack
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stack, self._stack = self._stack, None
        if stack is not None:
            stack.close()

    def __call__(self, function: C) -> C:
        """Return the function with a budget for each of its calls."""
        name = self.name or f"{function.__module__}.{function.__qualname__}"

        def fresh() -> QueryBudget:
            return QueryBudget(self.limit, self.exceeded, name, self._using)

        if inspect.iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*args: Any, **kwargs: Any) -> Any:
                with fresh():
                    return await function(*args, **kwargs)

            return cast("C", awaited)

        @wraps(function)
        def blocking(*args: Any, **kwargs: Any) -> Any:
            with fresh():
                return function(*args, **kwargs)

        return cast("C", blocking)

    def _databases(self) -> list[Database]:
        if isinstance(self._using, Database):
            return [self._using]
        databases = current_databases()
        return [databases[self._using]] if self._using is not None else [databases[alias] for alias in databases]

    def _count(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        self.used += 1
        if self.used > self.limit:
            name = self.name or "This block"
            if self.exceeded == "fail":
                raise TooManyQueries(name, self.limit, sql)
            if self.used == self.limit + 1:
                stack = "".join(traceback.format_stack(limit=25)[:-1])
                _log.warning("%s\n%s", TooManyQueries(name, self.limit, sql), stack)
        return execute(sql, params, many, context)
