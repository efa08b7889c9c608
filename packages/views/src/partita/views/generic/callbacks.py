"""What a class-based view does before, after and around its actions, declared by decorators on its methods."""

from collections.abc import Callable, Iterable
from functools import partial
from inspect import isawaitable, iscoroutinefunction
from typing import Any, Literal, TypeVar, cast

from partita.http import Request, Response
from partita.views.errors import ViewConfigurationError
from partita.views.generic.base import Answer, View

__all__ = ("CallbacksMixin", "after_action", "around_action", "before_action")

F = TypeVar("F", bound=Callable[..., Any])
_Kind = Literal["before", "after", "around"]
_MARK = "partita_callback"


class _Mark:
    """When a method is called, and for which actions."""

    __slots__ = ("exclude", "kind", "only")

    def __init__(self, kind: _Kind, only: Iterable[str] | None, exclude: Iterable[str]) -> None:
        for given in (only, exclude):
            if isinstance(given, str):
                raise ViewConfigurationError(f"only= and exclude= take a list of actions, such as [{given!r}]")
        self.kind: _Kind = kind
        self.only = None if only is None else frozenset(name.lower() for name in only)
        self.exclude = frozenset(name.lower() for name in exclude)

    def fits(self, action: str) -> bool:
        """Tell whether the method is called for ``action``."""
        return action not in self.exclude and (self.only is None or action in self.only)


def before_action(*, only: Iterable[str] | None = None, exclude: Iterable[str] = ()) -> Callable[[F], F]:
    """Call a method, ``def check(self)``, before the action; a response that it returns keeps the action from running.

    Args:
        only: Actions that it is for, such as ``["post"]``; all by default.
        exclude: Actions that it is not for.

    Raises:
        ViewConfigurationError: If a name is given instead of a list.
    """
    return _marking("before", only, exclude)


def after_action(*, only: Iterable[str] | None = None, exclude: Iterable[str] = ()) -> Callable[[F], F]:
    """Call a method, ``def note(self, response)``, after the action; what it returns, if anything, takes the response's place.

    The one declared last is called first. It sees what came of everything declared behind it, so also what a `before_action`
    there answered; it is not called if something raised.

    Args:
        only: See `before_action`.
        exclude: See `before_action`.
    """
    return _marking("after", only, exclude)


def around_action(*, only: Iterable[str] | None = None, exclude: Iterable[str] = ()) -> Callable[[F], F]:
    """Call a method, ``def timed(self, proceed)``, instead of the action; it returns a response, usually ``proceed()``.

    In a view with async methods ``proceed()`` is to be awaited, and so the method is an ``async def``.

    Args:
        only: See `before_action`.
        exclude: See `before_action`.
    """
    return _marking("around", only, exclude)


class CallbacksMixin(View):
    """A view whose methods may be marked by `before_action`, `after_action` and `around_action`.

    They are called in the order of their declaration, those of base classes first, each inside of the ones before it. A class that
    defines a method of the same name replaces it in its place, and ``name = None`` leaves it out. The action is the
    request's method in lower case; for ``HEAD`` it is ``get``, unless the view has a ``head()`` of its own.

    Raises:
        ViewConfigurationError: While the class is made, if a callback is for an action that no request asks for.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name, mark in _callbacks(cls):
            wrong = sorted((mark.exclude | (mark.only or frozenset())) - set(cls.http_method_names))
            if wrong:
                raise ViewConfigurationError(
                    f"{cls.__name__}.{name} is for the action {wrong[0]!r}, but there are only {', '.join(cls.http_method_names)}"
                )

    @classmethod
    def view_is_async(cls) -> bool:
        """Tell whether an action or one of the marked methods is ``async def``."""
        return super().view_is_async() or any(iscoroutinefunction(getattr(cls, name)) for name, _ in _callbacks(cls))

    def dispatch(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Call the marked methods, and within them the method of the request's name."""
        action = request.method.lower()
        if action == "head" and not hasattr(type(self), "head"):
            action = "get"  # which answers it, and may be what a callback protects
        marks = [(name, mark) for name, mark in _callbacks(type(self)) if mark.fits(action)]
        steps = [_step(self, name, mark) for name, mark in marks]
        innermost = partial(super().dispatch, request, *args, **kwargs)
        if type(self).view_is_async():
            return _aproceed(steps, innermost)
        return _proceed(steps, innermost)


def _proceed(steps: list[tuple[_Kind, Any]], action: Callable[[], Any]) -> Answer:
    if not steps:
        return cast("Answer", action())
    (kind, callback), inner = steps[0], partial(_proceed, steps[1:], action)
    if kind == "around":
        return cast("Answer", callback(inner))
    if kind == "before":
        early: Response | None = callback()
        return inner() if early is None else early
    response = inner()
    return callback(response) or response


async def _aproceed(steps: list[tuple[_Kind, Any]], action: Callable[[], Any]) -> Response:
    if not steps:
        return cast("Response", await _settled(action()))
    (kind, callback), inner = steps[0], partial(_aproceed, steps[1:], action)
    if kind == "around":
        return cast("Response", await _settled(callback(inner)))
    if kind == "before":
        early: Response | None = await _settled(callback())
        return await inner() if early is None else early
    response = await inner()
    return await _settled(callback(response)) or response


async def _settled(value: Any) -> Any:
    return await value if isawaitable(value) else value


def _step(view: CallbacksMixin, name: str, mark: _Mark) -> tuple[_Kind, Any]:
    return mark.kind, getattr(view, name)


def _callbacks(view: type) -> list[tuple[str, _Mark]]:
    """Return the marked methods of ``view`` by name, in the order in which they were first declared."""
    names = dict.fromkeys(
        name for base in reversed(view.__mro__) for name, value in vars(base).items() if hasattr(value, _MARK)
    )
    found = [(name, getattr(getattr(view, name), _MARK, None)) for name in names]
    return [(name, mark) for name, mark in found if mark is not None]


def _marking(kind: _Kind, only: Iterable[str] | None, exclude: Iterable[str]) -> Callable[[F], F]:
    mark = _Mark(kind, only, exclude)

    def decorate(method: F) -> F:
        setattr(method, _MARK, mark)
        return method

    return decorate
