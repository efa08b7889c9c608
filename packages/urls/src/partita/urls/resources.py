"""Resources: the seven routes of a thing that is listed, shown, made, changed and deleted."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from partita.urls.errors import PatternError
from partita.urls.patterns import Route, RouteMiddleware, path

__all__ = ("Resource", "resources")


class _Action(NamedTuple):
    name: str
    methods: tuple[str, ...]
    suffix: str
    of_member: bool


# "new" stands before "show", or <str:pk>/ would take it.
_ACTIONS = (
    _Action("index", ("GET",), "", of_member=False),
    _Action("create", ("POST",), "", of_member=False),
    _Action("new", ("GET",), "new/", of_member=False),
    _Action("show", ("GET",), "", of_member=True),
    _Action("update", ("PUT", "PATCH"), "", of_member=True),
    _Action("destroy", ("DELETE",), "", of_member=True),
    _Action("edit", ("GET",), "edit/", of_member=True),
)


class Resource(list[Route]):
    """The routes of a resource: ``[*resources("albums", Albums()), path(...)]``; `resources` takes them for nested ones, too."""

    __slots__ = ("_build",)

    def __init__(self, build: "Callable[[str, bool], list[Route]]") -> None:
        self._build = build
        super().__init__(build("", False))

    def below(self, prefix: str, *, shallow: bool) -> list[Route]:
        """Return the routes below the path of a parent.

        Args:
            prefix: Such as ``artists/<int:artist_pk>/``.
            shallow: Whether the routes of a single thing stay at the top, since its own key says enough.
        """
        return self._build(prefix, shallow)


def resources(
    name: str,
    actions: object,
    *,
    key: str = "int:pk",
    singular: str | None = None,
    only: Iterable[str] | None = None,
    nested: Sequence[Resource] = (),
    shallow: bool = False,
    middleware: Iterable[RouteMiddleware] = (),
) -> Resource:
    """Declare the routes of a resource, as far as ``actions`` has their views.

    ===========  ===============  ===========================  =================
    action       methods          path                         name
    ===========  ===============  ===========================  =================
    ``index``    GET              ``albums/``                  ``albums-index``
    ``create``   POST             ``albums/``                  ``albums-create``
    ``new``      GET              ``albums/new/``              ``albums-new``
    ``show``     GET              ``albums/<int:pk>/``         ``albums-show``
    ``update``   PUT, PATCH       ``albums/<int:pk>/``         ``albums-update``
    ``destroy``  DELETE           ``albums/<int:pk>/``         ``albums-destroy``
    ``edit``     GET              ``albums/<int:pk>/edit/``    ``albums-edit``
    ===========  ===============  ===========================  =================

    Args:
        name: Of the things, in the plural; the beginning of paths and names.
        actions: An object or module with functions of these names.
        key: Converter and name of what tells one from another.
        singular: One of the things, for the parameters of nested routes: ``artists/<int:artist_pk>/albums/``; by default
            ``name`` without its last ``s``.
        only: The actions that get routes.
        nested: Resources whose paths begin with one of these.
        shallow: Whether of the nested only the routes without a key of their own are nested.
        middleware: Around all views, those of nested resources, too.

    Raises:
        PatternError: If ``only`` names an action that is none or has no view, or there is no action at all.
    """
    converter, _, parameter = key.rpartition(":")
    chosen = _chosen(name, actions, only)
    parent = f"{name}/<{converter or 'str'}:{singular or name.removesuffix('s')}_{parameter}>/"
    around = tuple(middleware)

    def build(prefix: str, flat: bool) -> list[Route]:
        routes: list[Route] = []
        for action, view in chosen:
            below = "" if flat and action.of_member else prefix
            member = f"<{converter or 'str'}:{parameter}>/" if action.of_member else ""
            text = f"{below}{name}/{member}{action.suffix}"
            routes.append(path(text, view, name=f"{name}-{action.name}", methods=action.methods, middleware=around))
        inner = [
            route for child in nested for route in child.below(f"{'' if flat else prefix}{parent}", shallow=shallow)
        ]
        return [*routes, *(_within(route, around) for route in inner)]

    return Resource(build)


def _chosen(name: str, actions: object, only: Iterable[str] | None) -> list[tuple[_Action, Any]]:
    known = {action.name for action in _ACTIONS}
    wanted = known if only is None else set(only)
    if wanted - known:
        unknown = ", ".join(sorted(wanted - known))
        raise PatternError(name, f"there is no action {unknown}; there are {', '.join(a.name for a in _ACTIONS)}")
    found = [(each, getattr(actions, each.name, None)) for each in _ACTIONS if each.name in wanted]
    missing = [each.name for each, view in found if view is None]
    if only is not None and missing:
        raise PatternError(name, f"{type(actions).__name__} has no {', '.join(missing)}")
    chosen = [(each, view) for each, view in found if view is not None]
    if not chosen:
        raise PatternError(name, f"{type(actions).__name__} has none of {', '.join(a.name for a in _ACTIONS)}")
    return chosen


def _within(route: Route, around: tuple[RouteMiddleware, ...]) -> Route:
    made = path(route.text, route.target, route.kwargs, route.name, methods=route.methods)
    made.middleware = (*around, *route.middleware)
    return made
