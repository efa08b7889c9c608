"""The names a template sees."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from partita.contracts.templates import ContextProcessor
    from partita.templates.engine import Engine
    from partita.templates.template import Family, Template

__all__ = ("Context", "RenderContext", "RequestContext")


class _Missing:
    """Stands for a variable that is not there; false, so that conditions may test it."""

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return "MISSING"


MISSING = _Missing()
BUILTIN_NAMES: Mapping[str, object] = {"True": True, "False": False, "None": None}


class Context:
    """Names in layers: `push` opens a layer, `pop` closes it, assignments go to the innermost.

    Args:
        values: Names to begin with, a mapping or another context; copied.
        autoescape: Whether variables are escaped.
        request: What tags find as ``request``, if anything.
        engine: Where ``{% include %}`` finds templates.
    """

    # One flat dictionary holds what is visible, and each layer remembers only what it hid. So a look-up costs the same
    # at any depth, and it is look-ups that templates do most.
    __slots__ = (
        "__weakref__", "_hidden", "autoescape", "depth", "engine", "family", "render_state", "request", "shared", "site",
        "slots", "vars",
    )  # fmt: skip

    def __init__(
        self,
        values: "Mapping[str, object] | Context | None" = None,
        autoescape: bool = True,
        request: object = None,
        engine: "Engine | None" = None,
    ) -> None:
        self.vars: dict[str, Any] = _plain(values) if values is not None else {}
        self._hidden: list[dict[str, object]] = []
        self.autoescape = autoescape
        self.request = request
        self.engine = engine
        self.family: Family | None = None
        self.render_state: dict[object, Any] = {}
        self.site: object = None
        self.slots: Mapping[str, Callable[[list[str]], None]] | None = None
        self.shared: dict[str, Any] = {}
        """What components see beside their props: the request and what the context processors give."""
        self.depth = 0
        if request is not None:
            self.vars.setdefault("request", request)
            self.shared = {"request": request}

    def __getitem__(self, name: str) -> Any:
        return self.vars[name]

    def __setitem__(self, name: str, value: object) -> None:
        if self._hidden:
            hidden = self._hidden[-1]
            if name not in hidden:
                hidden[name] = self.vars.get(name, MISSING)
        self.vars[name] = value

    def __delitem__(self, name: str) -> None:
        if self._hidden:
            self._hidden[-1].setdefault(name, self.vars.get(name, MISSING))
        del self.vars[name]

    def __contains__(self, name: object) -> bool:
        return name in self.vars

    def __iter__(self) -> Iterator[str]:
        return iter(self.vars)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Context):
            return NotImplemented
        return self.vars == other.vars

    # Two contexts are equal if they show the same names, which changes; tags that keep notes by context mean the object.
    __hash__ = object.__hash__

    def __copy__(self) -> "Context":
        made = type(self).__new__(type(self))
        for kind in type(self).__mro__:
            for name in kind.__dict__.get("__slots__", ()):
                if name != "__weakref__":
                    setattr(made, name, getattr(self, name))
        made.vars = dict(self.vars)
        made._hidden = [dict(hidden) for hidden in self._hidden]
        made.render_state = dict(self.render_state)
        return made

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of ``name``, or ``default``."""
        return self.vars.get(name, default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return the value of ``name``, after setting it if it is absent."""
        if name not in self.vars:
            self[name] = default
        return self.vars[name]

    def set_upward(self, name: str, value: object) -> None:
        """Assign ``name`` in the innermost layer that has it; in the innermost of all if none has."""
        if name not in self.vars and self._hidden:
            self._hidden[-1].setdefault(name, MISSING)
        self.vars[name] = value

    def push(self, *layers: "Mapping[str, object] | Context", **names: object) -> "Layer":
        """Open a layer; the result may be used in ``with``, which closes it."""
        self._hidden.append({})
        for layer in layers:
            self.update_top(_plain(layer) if isinstance(layer, Context) else layer)
        self.update_top(names)
        return Layer(self, len(self._hidden))

    def pop(self) -> dict[str, Any]:
        """Close the innermost layer and return what it held.

        Raises:
            IndexError: If none is open.
        """
        held = self._layer(len(self._hidden))
        self.leave()
        return held

    def leave(self) -> None:
        """Close the innermost layer: `pop` for compiled code, which has no use for what was in it.

        Raises:
            IndexError: If none is open.
        """
        names = self.vars
        for name, value in self._hidden.pop().items():
            if value is MISSING:
                names.pop(name, None)
            else:
                names[name] = value

    def _layer(self, number: int) -> dict[str, Any]:
        """Return the names of one layer; 0 is the outermost."""
        return self.dicts[number + 1]

    @property
    def dicts(self) -> list[dict[str, Any]]:
        """The layers, outermost first; before them the names that every template knows. A copy: assign to the context."""
        seen = dict(self.vars)
        layers: list[dict[str, Any]] = []
        for hidden in reversed(self._hidden):
            layers.append({name: seen[name] for name in hidden if name in seen})
            for name, value in hidden.items():
                if value is MISSING:
                    seen.pop(name, None)
                else:
                    seen[name] = value
        return [dict(BUILTIN_NAMES), seen, *reversed(layers)]

    def update(self, values: "Mapping[str, object] | Context") -> "Layer":
        """Open a layer that holds ``values``, as Django's method of this name does."""
        return self.push(values)

    def update_top(self, values: Mapping[str, object]) -> None:
        """Assign every one of ``values`` in the innermost layer."""
        for name, value in values.items():
            self[name] = value

    def enter(self, names: Iterable[str]) -> None:
        """Open a layer and put ``names`` on record, so that compiled code may assign them in `vars` directly."""
        get = self.vars.get
        self._hidden.append({name: get(name, MISSING) for name in names})

    def flatten(self) -> dict[str, Any]:
        """Return what is visible now as one dictionary, with ``True``, ``False`` and ``None``, which are names too."""
        return {**BUILTIN_NAMES, **self.vars}

    def new(self, values: "Mapping[str, object] | Context | None" = None) -> "Context":
        """Return a context with ``values`` only, for the same request and engine."""
        made = Context(values, self.autoescape, self.request, self.engine)
        made.depth, made.shared = self.depth, self.shared
        return made

    @property
    def render_context(self) -> dict[object, Any]:
        """Notes that tags keep for one rendering, under keys of their own, such as the node."""
        return self.render_state

    @property
    def template(self) -> "Template | None":
        """The template that is being rendered."""
        return self.family.chain[0] if self.family is not None else None

    @contextmanager
    def bind_template(self, template: "Template") -> Iterator[None]:
        """Use the engine of ``template`` inside ``with``."""
        before = self.engine
        self.engine = template.engine
        try:
            yield
        finally:
            self.engine = before

    def mark(self) -> tuple[Any, ...]:
        """Return where rendering stands, for `rewind`."""
        return len(self._hidden), self.family, self.render_state, self.depth, self.autoescape, self.site, self.slots

    def rewind(self, mark: tuple[Any, ...]) -> None:
        """Go back to ``mark``, as when an error was raised several layers further in and somebody caught it."""
        layers, self.family, self.render_state, self.depth, self.autoescape, self.site, self.slots = mark
        while len(self._hidden) > layers:
            self.leave()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(sorted(map(str, self.vars)))})"


class RequestContext(Context):
    """A context for the answer to a request: while it is rendered, the engine's context processors add their names.

    What the processors give goes before ``values``, and what is assigned later before both.

    Args:
        request: Handed to the processors, and found by tags.
        values: Names to begin with; copied.
        processors: Called after those of the engine.
        autoescape: Whether variables are escaped.
    """

    __slots__ = ("_bound", "_processors", "_processors_at")

    def __init__(
        self,
        request: object,
        values: "Mapping[str, object] | Context | None" = None,
        processors: "Iterable[ContextProcessor]" = (),
        autoescape: bool = True,
    ) -> None:
        super().__init__(values, autoescape, request)
        self._processors = tuple(processors)
        self._bound = False
        self.push()  # of the processors
        self._processors_at = len(self._hidden) - 1
        self.push()  # of what is assigned later

    @contextmanager
    def bind_template(self, template: "Template") -> Iterator[None]:
        """Run the context processors and keep their names inside ``with``.

        Raises:
            TypeError: If a processor returns anything but a mapping.
        """
        with super().bind_template(template):
            if self._bound or self._processors_at >= len(self._hidden):
                yield  # already done, or the layer for them has been closed by the user
                return
            self._bound = True
            processors = (*template.engine.context_processors, *self._processors)
            given = run_processors(processors, self.request)
            self.shared = {"request": self.request, **given}
            for name, value in given.items():
                self._put_below(name, value)
            try:
                yield
            finally:
                self._bound = False
                for name in list(self._hidden[self._processors_at]):
                    self._drop_below(name)

    def _above(self, name: str) -> "dict[str, object] | None":
        """Return the record of the first layer above the processors' that hides ``name``."""
        return next((hidden for hidden in self._hidden[self._processors_at + 1 :] if name in hidden), None)

    def _put_below(self, name: str, value: object) -> None:
        above = self._above(name)
        hidden = self._hidden[self._processors_at]
        if above is None:
            hidden.setdefault(name, self.vars.get(name, MISSING))
            self.vars[name] = value
        else:
            hidden.setdefault(name, above[name])
            above[name] = value

    def _drop_below(self, name: str) -> None:
        above = self._above(name)
        before = self._hidden[self._processors_at].pop(name)
        if above is not None:
            above[name] = before
        elif before is MISSING:
            self.vars.pop(name, None)
        else:
            self.vars[name] = before


class RenderContext:
    """A stack of dictionaries of which only the topmost is seen: what one template notes stays hidden from another.

    Args:
        values: The first dictionary; copied.
    """

    __slots__ = ("dicts",)

    def __init__(self, values: Mapping[object, Any] | None = None) -> None:
        self.dicts: list[dict[object, Any]] = [dict(values or {})]

    def push(self, **values: object) -> None:
        """Begin a new dictionary."""
        self.dicts.append({name: value for name, value in values.items()})  # noqa: C416 - the keys may be anything

    def pop(self) -> dict[object, Any]:
        """Go back to the dictionary before, and return the last.

        Raises:
            IndexError: If it is the first.
        """
        if len(self.dicts) == 1:
            raise IndexError("the first dictionary stays")
        return self.dicts.pop()

    def __getitem__(self, key: object) -> Any:
        return self.dicts[-1][key]

    def __setitem__(self, key: object, value: object) -> None:
        self.dicts[-1][key] = value

    def __contains__(self, key: object) -> bool:
        return key in self.dicts[-1]

    def __iter__(self) -> Iterator[object]:
        return iter(self.dicts[-1])

    def get(self, key: object, default: Any = None) -> Any:
        """Return the value under ``key``, or ``default``."""
        return self.dicts[-1].get(key, default)


class Layer:
    """Closes a layer at the end of ``with``; compares equal to a dictionary of what the layer holds."""

    __slots__ = ("_context", "_number")

    def __init__(self, context: Context, number: int) -> None:
        self._context, self._number = context, number

    def __enter__(self) -> Context:
        return self._context

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: "TracebackType | None"
    ) -> None:
        self._context.leave()

    def __eq__(self, other: object) -> bool:
        return self._context._layer(self._number) == other

    __hash__ = object.__hash__


def run_processors(processors: "Iterable[ContextProcessor]", request: object) -> dict[str, Any]:
    """Return what context processors give for ``request``, later ones first.

    Raises:
        TypeError: If one of them returns anything but a mapping.
    """
    names: dict[str, Any] = {}
    for processor in processors:
        given = processor(request)
        if not isinstance(given, Mapping):
            told = getattr(processor, "__name__", repr(processor))
            raise TypeError(f"Context processor {told} didn't return a dictionary. It gave {type(given).__name__}")
        names.update(given)
    return names


def _plain(values: "Mapping[str, Any] | Context") -> dict[str, Any]:
    return dict(values.vars if isinstance(values, Context) else values)
