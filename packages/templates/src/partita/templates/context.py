"""The names a template sees."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from partita.templates.engine import Engine
    from partita.templates.template import Family

__all__ = ("Context",)


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


class Context:
    """Names in layers: `push` opens a layer, `pop` closes it, assignments go to the innermost.

    Args:
        values: Names to begin with; copied.
        autoescape: Whether variables are escaped.
        request: What tags find as ``request``, if anything.
        engine: Where ``{% include %}`` finds templates.
    """

    # One flat dictionary holds what is visible, and each layer remembers only what it hid. So a look-up costs the same
    # at any depth, and it is look-ups that templates do most.
    __slots__ = ("__weakref__", "_hidden", "autoescape", "depth", "engine", "family", "render_state", "request", "vars")

    def __init__(
        self,
        values: Mapping[str, object] | None = None,
        autoescape: bool = True,
        request: object = None,
        engine: "Engine | None" = None,
    ) -> None:
        self.vars: dict[str, Any] = dict(values) if values else {}
        self._hidden: list[dict[str, object]] = []
        self.autoescape = autoescape
        self.request = request
        self.engine = engine
        self.family: Family | None = None
        self.render_state: dict[object, Any] = {}
        self.depth = 0
        if request is not None:
            self.vars.setdefault("request", request)

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

    def get(self, name: str, default: Any = None) -> Any:
        """Return the value of ``name``, or ``default``."""
        return self.vars.get(name, default)

    def setdefault(self, name: str, default: Any = None) -> Any:
        """Return the value of ``name``, after setting it if it is absent."""
        if name not in self.vars:
            self[name] = default
        return self.vars[name]

    def push(self, *layers: Mapping[str, object], **names: object) -> "_Layer":
        """Open a layer; the result may be used in ``with``, which closes it."""
        self._hidden.append({})
        for layer in layers:
            self.update_top(layer)
        self.update_top(names)
        return _Layer(self)

    def pop(self) -> None:
        """Close the innermost layer.

        Raises:
            IndexError: If none is open.
        """
        names = self.vars
        for name, value in self._hidden.pop().items():
            if value is MISSING:
                names.pop(name, None)
            else:
                names[name] = value

    def update(self, values: "Mapping[str, object] | Context") -> "_Layer":
        """Open a layer that holds ``values``, as Django's method of this name does."""
        return self.push(values.flatten() if isinstance(values, Context) else values)

    def update_top(self, values: Mapping[str, object]) -> None:
        """Assign every one of ``values`` in the innermost layer."""
        for name, value in values.items():
            self[name] = value

    def enter(self, names: Iterable[str]) -> None:
        """Open a layer and put ``names`` on record, so that compiled code may assign them in `vars` directly."""
        get = self.vars.get
        self._hidden.append({name: get(name, MISSING) for name in names})

    def flatten(self) -> dict[str, Any]:
        """Return what is visible now as one dictionary."""
        return dict(self.vars)

    def new(self, values: Mapping[str, object] | None = None) -> "Context":
        """Return a context with ``values`` only, for the same request and engine."""
        made = Context(values, self.autoescape, self.request, self.engine)
        made.depth = self.depth
        return made

    def mark(self) -> tuple[Any, ...]:
        """Return where rendering stands, for `rewind`."""
        return len(self._hidden), self.family, self.render_state, self.depth, self.autoescape

    def rewind(self, mark: tuple[Any, ...]) -> None:
        """Go back to ``mark``, as when an error was raised several layers further in and somebody caught it."""
        layers, self.family, self.render_state, self.depth, self.autoescape = mark
        while len(self._hidden) > layers:
            self.pop()

    def __repr__(self) -> str:
        return f"Context({', '.join(sorted(map(str, self.vars)))})"


class _Layer:
    """Closes a layer at the end of ``with``."""

    __slots__ = ("_context",)

    def __init__(self, context: Context) -> None:
        self._context = context

    def __enter__(self) -> Context:
        return self._context

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: "TracebackType | None"
    ) -> None:
        self._context.pop()
