"""Objects instead of keys: a view whose parameter is annotated with a model gets the object, or the visitor a 404."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction, signature
from types import NoneType, UnionType
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from partita.http import NotFound
from partita.views.errors import ViewConfigurationError
from partita.views.shortcuts import aget_object_or_404, get_object_or_404

__all__ = ("bind_models",)

V = TypeVar("V", bound=Callable[..., Any])


def bind_models(**sources: Any) -> Callable[[V], V]:
    """Look up the objects that the route's parameters of the same names stand for.

    Below the route ``path("albums/<int:album>/", show)`` this gets the album itself, or the visitor gets 404::

        @bind_models()
        async def show(request: Request, album: Album) -> Response: ...

    Args:
        sources: By parameter, if it is not the model's primary key: the field to look for (``album="slug"``), a query set or manager
            to look in (``album=Album.objects.filter(public=True)``), or both as a pair.

    Raises:
        ViewConfigurationError: If no parameter is annotated with a model, ``sources`` names one that is not, or an annotation is not
            known at run time.
    """

    def decorate(view: V) -> V:
        found = dict(_bindings(view, sources))
        if not found or set(sources) - set(found):
            missing = ", ".join(sorted(set(sources) - set(found))) or "no parameter"
            raise ViewConfigurationError(
                f"bind_models() on {_name(view)}: {missing} is annotated with a model; write (request, album: Album)."
            )
        bound = [(name, at, *found[name]) for at, name in enumerate(signature(view).parameters) if name in found]
        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: Any, **kwargs: Any) -> Any:
                given = [request, *args]
                for name, at, rows, field, optional in bound:
                    place, where = _place(given, kwargs, name, at)
                    if place is not None and _is_key(place[where], rows, optional):
                        with _no_such_key(place[where]):
                            place[where] = await aget_object_or_404(rows, **{field: place[where]})
                return await view(*given, **kwargs)

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Any, *args: Any, **kwargs: Any) -> Any:
            given = [request, *args]
            for name, at, rows, field, optional in bound:
                place, where = _place(given, kwargs, name, at)
                if place is not None and _is_key(place[where], rows, optional):
                    with _no_such_key(place[where]):
                        place[where] = get_object_or_404(rows, **{field: place[where]})
            return view(*given, **kwargs)

        return cast("V", calling)

    return decorate


def _bindings(view: Callable[..., Any], sources: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, str, bool]]]:
    try:
        hints = get_type_hints(view)
    except NameError as error:
        raise ViewConfigurationError(
            f"bind_models() on {_name(view)}: the annotation {error.name!r} is not known at run time; "
            "import it outside of `if TYPE_CHECKING:`."
        ) from error
    for name, hint in hints.items():
        kind = _model_in(hint)
        if name == "return" or kind is None:
            continue
        source = sources.get(name, "pk")
        rows, field = (
            source if isinstance(source, tuple) else (kind, source) if isinstance(source, str) else (source, "pk")
        )
        yield name, (rows, field, hint is not kind)


def _model_in(hint: object) -> type | None:
    """Return the model that an annotation names; ``Album | None`` is for a parameter that only some of a view's routes capture."""
    named = (
        [each for each in get_args(hint) if each is not NoneType] if get_origin(hint) in (Union, UnionType) else [hint]
    )
    kind = named[0] if len(named) == 1 else None
    return kind if isinstance(kind, type) and hasattr(kind, "_meta") else None


def _place(given: list[Any], kwargs: dict[str, Any], name: str, at: int) -> "tuple[Any, Any]":
    """Return what holds the value of a parameter, and where in it: unnamed groups of a `re_path` come by their position."""
    if name in kwargs:
        return kwargs, name
    return (given, at) if at < len(given) else (None, None)


def _is_key(value: object, rows: Any, optional: bool) -> bool:
    if value is None:
        return not optional
    return not isinstance(value, rows if isinstance(rows, type) else cast("type", rows.model))


@contextmanager
def _no_such_key(value: object) -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        if not isinstance(value, str):
            raise
        # Text of an address, as in <str:album>, may be none of the values that a key can have.
        raise NotFound from error


def _name(view: Callable[..., Any]) -> str:
    return getattr(view, "__qualname__", repr(view))
