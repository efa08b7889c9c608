"""Routes declared above their views, by decorators, for who likes them there."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar, overload

from partita.urls.conditions import Condition
from partita.urls.errors import PatternError
from partita.urls.patterns import Route, RouteMiddleware, path

__all__ = ("Routes",)

V = TypeVar("V", bound=Callable[..., Any])


class Routes(Sequence[Route]):
    """A list of routes that decorators add to; it stands wherever a list of `path` stands.

    >>> routes = Routes()
    >>> @routes.get("albums/<int:pk>/", name="album")
    ... def album(request, pk): ...
    >>> urlpatterns = [*routes, path("old/<int:pk>/", album)]

    Args:
        prefix: Of all routes, such as ``shop/``.
        middleware: Around all views, outside of each one's own.
    """

    __slots__ = ("_middleware", "_prefix", "_routes")

    def __init__(self, prefix: str = "", *, middleware: Iterable[RouteMiddleware] = ()) -> None:
        self._prefix, self._middleware = prefix, tuple(middleware)
        self._routes: list[Route] = []

    def route(
        self,
        *texts: str,
        methods: Iterable[str] | None = None,
        name: str | None = None,
        kwargs: Mapping[str, object] | None = None,
        middleware: Iterable[RouteMiddleware] = (),
        when: Condition | None = None,
    ) -> Callable[[V], V]:
        """Declare routes that lead to the function below, one for each of ``texts``; see `path`.

        `reverse` tries those of one name from the last one on.

        Args:
            texts: One or more.
            methods: That they answer; any if None.
            name: Of each of them.
            kwargs: See `path`.
            middleware: See `path`.
            when: See `path`.

        Raises:
            PatternError: If there is no text, or a route makes no sense.
        """
        if not texts or not all(isinstance(text, str) for text in texts):
            raise PatternError(self._prefix, 'a decorator needs the text of its route: @routes.get("albums/")')
        wanted = None if methods is None else tuple(methods)
        around = (*self._middleware, *middleware)

        def declare(view: V) -> V:
            self._routes += [
                path(f"{self._prefix}{text}", view, kwargs, name, methods=wanted, middleware=around, when=when)
                for text in texts
            ]
            return view

        return declare

    def get(self, *texts: str, **options: Any) -> Callable[[V], V]:
        """Declare routes for ``GET`` (and ``HEAD``); see `route`."""
        return self.route(*texts, methods=("GET",), **options)

    def post(self, *texts: str, **options: Any) -> Callable[[V], V]:
        """Declare routes for ``POST``."""
        return self.route(*texts, methods=("POST",), **options)

    def put(self, *texts: str, **options: Any) -> Callable[[V], V]:
        """Declare routes for ``PUT``."""
        return self.route(*texts, methods=("PUT",), **options)

    def patch(self, *texts: str, **options: Any) -> Callable[[V], V]:
        """Declare routes for ``PATCH``."""
        return self.route(*texts, methods=("PATCH",), **options)

    def delete(self, *texts: str, **options: Any) -> Callable[[V], V]:
        """Declare routes for ``DELETE``."""
        return self.route(*texts, methods=("DELETE",), **options)

    @overload
    def __getitem__(self, index: int) -> Route: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Route]: ...
    def __getitem__(self, index: "int | slice") -> "Route | Sequence[Route]":
        return self._routes[index]

    def __len__(self) -> int:
        return len(self._routes)

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)
