"""Objects instead of keys: a view whose parameter is annotated with a model gets the object, or the visitor a 404."""

from collections.abc import Callable, Iterator
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar, cast, get_type_hints

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
        ViewConfigurationError: If no parameter is annotated with a model, or ``sources`` names one that is not.
    """

    def decorate(view: V) -> V:
        found = dict(_bindings(view, sources))
        if not found or set(sources) - set(found):
            missing = ", ".join(sorted(set(sources) - set(found))) or "no parameter"
            name = getattr(view, "__qualname__", repr(view))
            raise ViewConfigurationError(
                f"bind_models() on {name}: {missing} is annotated with a model; write (request, album: Album)."
            )
        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: Any, **kwargs: Any) -> Any:
                for name, (rows, field) in found.items():
                    if name in kwargs and not isinstance(kwargs[name], _model_of(rows)):
                        kwargs[name] = await aget_object_or_404(rows, **{field: kwargs[name]})
                return await view(request, *args, **kwargs)

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Any, *args: Any, **kwargs: Any) -> Any:
            for name, (rows, field) in found.items():
                if name in kwargs and not isinstance(kwargs[name], _model_of(rows)):
                    kwargs[name] = get_object_or_404(rows, **{field: kwargs[name]})
            return view(request, *args, **kwargs)

        return cast("V", calling)

    return decorate


def _bindings(view: Callable[..., Any], sources: dict[str, Any]) -> Iterator[tuple[str, tuple[Any, str]]]:
    for name, kind in get_type_hints(view).items():
        if name == "return" or not isinstance(kind, type) or not hasattr(kind, "_meta"):
            continue
        source = sources.get(name, "pk")
        rows, field = (
            source if isinstance(source, tuple) else (kind, source) if isinstance(source, str) else (source, "pk")
        )
        yield name, (rows, field)


def _model_of(rows: Any) -> type:
    return rows if isinstance(rows, type) else cast("type", rows.model)
