"""Pages put together of functions: components with slots, and layouts around what views give."""

from collections.abc import Callable, Iterable, Mapping
from functools import update_wrapper, wraps
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar, cast

from markupsafe import Markup, escape

from partita.bridge import active, run
from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES
from partita.http import Request, Response
from partita.http.around import require_request
from partita.http.rendering import note_rendered
from partita.views.errors import ViewConfigurationError

__all__ = ("Component", "Content", "Slot", "Slots", "component", "layout")

P = ParamSpec("P")
V = TypeVar("V", bound=Callable[..., Any])

Content: TypeAlias = object
"""What fills a slot: markup; text, which is escaped; an iterable of contents; a function that gives one; None for nothing."""
_MAX_DEPTH = 50


class Slot:
    """A place in a component for what its caller gives; written into markup, it shows that.

    Args:
        content: What was given.
        name: For errors.
    """

    __slots__ = ("_content", "name")

    def __init__(self, content: Content = None, name: str = "") -> None:
        self._content, self.name = content, name

    def __call__(self, *values: object) -> Markup:
        """Return what was given as markup; a function that was given gets ``values``, such as the row of a table."""
        content = self._content
        return _markup(content(*values) if callable(content) and not isinstance(content, Slot) else content, 0)

    def __html__(self) -> str:
        return self()

    def __str__(self) -> str:
        return self()

    def __bool__(self) -> bool:
        """Tell whether anything was given, so that a component may leave out what stands around it."""
        content = self._content
        if isinstance(content, Slot):
            return bool(content)
        return content is not None and not (isinstance(content, str) and not content)


class Component(Generic[P]):
    """A function that gives markup; made by `component`.

    Args:
        function: Its parameters annotated as `Slot` get slots, whatever the caller gives.
    """

    def __init__(self, function: Callable[P, object]) -> None:
        self._function = function
        self._signature = signature(function)
        self._slots = frozenset(
            name
            for name, parameter in self._signature.parameters.items()
            if parameter.annotation in (Slot, "Slot") or isinstance(parameter.default, Slot)
        )
        update_wrapper(self, function)

    def __call__(self, *args: Any, **kwargs: Any) -> Markup:
        """Return the component's markup.

        Raises:
            TypeError: If an argument is missing or unknown.
        """
        bound = self._signature.bind(*args, **kwargs)
        for name in self._slots:
            if name in bound.arguments:
                bound.arguments[name] = _slot(bound.arguments[name], name)
        return _markup(self._function(*bound.args, **bound.kwargs), 0)

    def takes(self, name: str) -> bool:
        """Tell whether there is a parameter of this name."""
        parameters = self._signature.parameters
        return name in parameters or any(each.kind is Parameter.VAR_KEYWORD for each in parameters.values())

    def __repr__(self) -> str:
        return f"<component {getattr(self._function, '__qualname__', self._function)}>"


def component(function: Callable[P, object]) -> Component[P]:
    """Make a component of a function that gives markup; text that it gives is escaped.

    >>> from markupsafe import Markup
    >>> @component
    ... def card(title: str, inner: Slot, footer: Slot = Slot()) -> Markup:
    ...     end = Markup("<footer>{}</footer>").format(footer) if footer else ""
    ...     return Markup("<section><h2>{}</h2>{}{}</section>").format(title, inner, end)
    >>> print(card("1 < 2", inner=["a & b", Markup("<hr>")]))
    <section><h2>1 &lt; 2</h2>a &amp; b<hr></section>
    """
    return Component(function)


class Slots(Mapping[str, object]):
    """What a view gives to its layout.

    Args:
        inner: The main part.
        others: Other slots and values of the layout by name.
    """

    __slots__ = ("_filled", "status")

    def __init__(self, inner: Content = None, *, status: int = 200, **others: object) -> None:
        self._filled: dict[str, object] = {"inner": inner, **others}
        self.status = status

    def __getitem__(self, name: str) -> object:
        return self._filled[name]

    def __iter__(self) -> Any:
        return iter(self._filled)

    def __len__(self) -> int:
        return len(self._filled)


def layout(*layouts: "Component[Any] | str", **values: object) -> Callable[[V], V]:
    """Put layouts around what a view gives: markup, or `Slots`. A response that it gives instead is left as it is.

    Args:
        layouts: Components, or names of templates; the first one outermost. Each gets ``inner`` and those of the other names that it
            takes, a template all of them; a component that takes ``request`` gets the request.
        values: For the layouts, unless the view gives others.

    Raises:
        ViewConfigurationError: If there is no layout, or one is neither a component nor a name.
    """
    if not layouts or not all(isinstance(each, Component | str) for each in layouts):
        raise ViewConfigurationError("layout() needs components, as @component makes them, or names of templates")

    def decorate(view: V) -> V:
        if iscoroutinefunction(view):

            @wraps(view)
            async def awaiting(request: Any, *args: object, **kwargs: object) -> Response:
                require_request(request, "layout")
                given = await view(request, *args, **kwargs)
                if isinstance(given, Response):
                    return given
                return (
                    _page(request, layouts, values, given)
                    if active()
                    else await run(_page, request, layouts, values, given)
                )

            return cast("V", awaiting)

        @wraps(view)
        def calling(request: Any, *args: object, **kwargs: object) -> Response:
            require_request(request, "layout")
            given = view(request, *args, **kwargs)
            return given if isinstance(given, Response) else _page(request, layouts, values, given)

        return cast("V", calling)

    return decorate


def _page(
    request: Request, layouts: "tuple[Component[Any] | str, ...]", values: Mapping[str, object], given: object
) -> Response:
    if given is None or (isinstance(given, Mapping) and not isinstance(given, Slots)):
        raise ViewConfigurationError(
            f"A view with a layout gives markup, Slots(inner, sidebar=...) or a response, not {type(given).__name__}"
            + (" (is a `return` missing?)" if given is None else "")
        )
    slots = given if isinstance(given, Slots) else Slots(given)
    others = {**values, **{name: value for name, value in slots.items() if name != "inner"}}
    taken: set[str] = set()
    inner: Markup = _markup(slots["inner"], 0)
    for each in reversed(layouts):
        if isinstance(each, str):
            context = {**{name: _shown(value) for name, value in others.items()}, "inner": inner}
            inner = Markup(require(TEMPLATES).render(each, context, request))
            note_rendered(request, each, context)
            taken |= others.keys()
            continue
        passed = {name: value for name, value in others.items() if each.takes(name)}
        taken |= passed.keys()
        if "request" not in passed and each.takes("request"):
            passed["request"] = request
        inner = each(**passed, inner=inner)
    unknown = others.keys() - taken
    if unknown:
        raise ViewConfigurationError(f"No layout has a slot {', '.join(sorted(unknown))}; there are {_known(layouts)}")
    return Response.html(inner, slots.status)


def _known(layouts: "tuple[Component[Any] | str, ...]") -> str:
    names = {name for each in layouts if isinstance(each, Component) for name in each._signature.parameters}
    return ", ".join(sorted(names)) or "none"


def _slot(content: Content, name: str) -> Slot:
    return content if isinstance(content, Slot) else Slot(content, name)


def _shown(value: object) -> object:
    return value() if isinstance(value, Slot) else value


def _markup(content: Content, depth: int) -> Markup:
    if content is None:
        return Markup()
    if depth > _MAX_DEPTH:
        raise ViewConfigurationError(
            f"The contents of a slot are nested more than {_MAX_DEPTH} deep; does one contain itself?"
        )
    if isinstance(content, Slot):
        return content()
    if callable(content) and not hasattr(content, "__html__"):
        return _markup(content(), depth + 1)
    if (
        isinstance(content, Iterable)
        and not isinstance(content, str | bytes | Mapping)
        and not hasattr(content, "__html__")
    ):
        return Markup().join([_markup(each, depth + 1) for each in content])
    return escape(content)
