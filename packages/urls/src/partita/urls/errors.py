"""Every error that partita.urls raises."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, cast

from partita.contracts.errors import ImproperlyConfigured

__all__ = (
    "NoMatch",
    "NoReverseMatch",
    "PatternError",
    "UrlError",
    "ViewDoesNotExist",
    "ViewTypeError",
    "WrongMethod",
)

_SHOWN = 10  # routes named in a message; a site may have thousands


class UrlError(Exception):
    """Base of every error this package raises."""


class PatternError(UrlError, ImproperlyConfigured, ValueError):
    """A route cannot be understood, or does not fit the routes around it."""

    def __init__(self, route: str, problem: str) -> None:
        super().__init__(route, problem)
        self.route, self.problem = route, problem

    def __str__(self) -> str:
        return f"route {self.route!r}: {self.problem}"


class ViewTypeError(PatternError, TypeError):
    """What stands for a view in a route is nothing that can be called."""


class ViewDoesNotExist(PatternError):
    """A dotted name leads to no view."""


class NoMatch(UrlError, LookupError):
    """No route leads to this path."""

    # No constructor in Python, and what it got is read from `args`: all who ask for a path that is not there wait for this to be
    # made, and few read it.
    if TYPE_CHECKING:

        def __init__(self, path: str, tried: tuple[str, ...] = (), /) -> None: ...

    @property
    def path(self) -> str:
        """The path that was asked for."""
        return cast("str", self.args[0])

    @property
    def tried(self) -> tuple[str, ...]:
        """All routes there are, as they were declared."""
        return self.args[1] if len(self.args) > 1 else ()

    def __str__(self) -> str:
        if not self.tried:
            return f"no route matches {self.path[:200]!r}: there are no routes"
        more = len(self.tried) - _SHOWN
        shown = ", ".join(repr(route) for route in self.tried[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        return f"no route matches {self.path[:200]!r}; tried {shown}"


class WrongMethod(UrlError, LookupError):
    """Routes lead to this path, but none for this method."""

    def __init__(self, path: str, method: str, allowed: Iterable[str]) -> None:
        names = tuple(sorted(allowed))
        super().__init__(path, method, names)
        self.path, self.method, self.allowed = path, method, names

    def __str__(self) -> str:
        return f"{self.method[:20]!r} is not allowed at {self.path[:200]!r}; allowed: {', '.join(self.allowed)}"


class NoReverseMatch(UrlError, LookupError):
    """No route has this name, or none of that name takes these arguments.

    Args:
        name: That was asked for.
        problem: What is wrong, or what says so. Nearest names take milliseconds to find, and many who ask for a route go on without
            it, so that they are looked for only when somebody reads the message.
    """

    def __init__(self, name: str, problem: str | Callable[[], str]) -> None:
        super().__init__(name, *([problem] if isinstance(problem, str) else []))
        self.name, self._problem = name, problem

    @property
    def problem(self) -> str:
        """What is wrong, and what may have been meant."""
        if not isinstance(self._problem, str):
            self._problem = self._problem()
        return self._problem

    def __reduce__(self) -> tuple[type["NoReverseMatch"], tuple[str, str]]:
        return type(self), (self.name, self.problem)

    def __str__(self) -> str:
        return f"reverse of {self.name[:200]!r}: {self.problem}"
