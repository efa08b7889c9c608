"""Escaping, and building HTML from parts that are escaped on the way in."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast, overload

import markupsafe
from markupsafe import Markup

from partita.contracts.i18n import LazyText

if TYPE_CHECKING:
    from json import JSONEncoder

__all__ = ("Markup", "conditional_escape", "escape", "format_html", "format_html_join", "html_safe", "json_script",
           "mark_safe")  # fmt: skip

P = ParamSpec("P")
K = TypeVar("K", bound=type)

# markupsafe's C function, which returns the very same object if there is nothing to escape. `markupsafe.escape` makes a
# Markup of every result, which costs more than the escaping itself (measured: 45 against 150 ns for a short name).
_inner = getattr(markupsafe, "_escape_inner", None) or (lambda text: str.__str__(markupsafe.escape(text)))
_LONG = 160  # characters; up to here markupsafe's function is the quickest, above it replacing in bytes
_JSON_ESCAPES = {ord(">"): "\\u003E", ord("<"): "\\u003C", ord("&"): "\\u0026"}


def escape_text(text: str) -> str:
    """Return ``text`` with the five characters that mean something in HTML as references; not marked safe.

    The same object comes back if it has none of them. Quotes become ``&quot;`` and ``&#x27;``.
    """
    if len(text) > _LONG:
        return _escape_long(text)
    escaped: str = _inner(text)
    if escaped is not text and "&#3" in escaped:
        return escaped.replace("&#34;", "&quot;").replace("&#39;", "&#x27;")  # what markupsafe writes for quotes
    return escaped


def _escape_long(text: str) -> str:
    # Bytes are searched and copied faster than text is: half of the time that the same replacements take in `str`, a third
    # of markupsafe's where few characters need it. No byte of the five is ever part of another character in UTF-8.
    plain = str.encode(text, "utf-8", "surrogatepass")
    escaped = plain.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")
    escaped = escaped.replace(b'"', b"&quot;").replace(b"'", b"&#x27;")
    return text if escaped is plain else escaped.decode("utf-8", "surrogatepass")


def escape(value: object) -> Markup:
    """Escape ``value``, even if it is marked safe."""
    return Markup(escape_text(str.__str__(value) if isinstance(value, str) else str(value)))


def conditional_escape(value: object) -> Markup:
    """Escape ``value`` unless it is safe already, which it is if it has ``__html__()``."""
    if isinstance(value, Markup):
        return value
    render = getattr(value, "__html__", None)
    if render is not None:
        return Markup(render())
    return Markup(escape_text(str(value)))


@overload
def mark_safe(value: LazyText) -> LazyText: ...  # type: ignore[overload-overlap] # lazy text is an object, too  # pyright: ignore[reportOverlappingOverload]
@overload
def mark_safe(value: Callable[P, str]) -> Callable[P, Markup]: ...  # type: ignore[overload-overlap] # so is a function
@overload
def mark_safe(value: object) -> Markup: ...
def mark_safe(value: Any) -> Any:
    """Say that ``value`` is HTML that needs no escaping; it is the caller who answers for that.

    Args:
        value: Text; lazy text stays lazy. A function comes back as one whose results are safe.
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, LazyText):
        return LazyText(lambda: Markup(str(value)))
    render = None if isinstance(value, type) else getattr(value, "__html__", None)
    if render is not None:
        return Markup(render())
    if callable(value) and not isinstance(value, type):

        @wraps(value)
        def safe(*args: object, **kwargs: object) -> Markup:
            return cast("Markup", mark_safe(value(*args, **kwargs)))

        return safe
    return Markup(str(value))


def html_safe(kind: K) -> K:
    """Decorate a class whose ``__str__`` gives safe HTML: templates show its objects unescaped.

    Raises:
        ValueError: If the class has ``__html__`` already, or no ``__str__`` of its own.
    """
    if "__html__" in kind.__dict__:
        raise ValueError(f"can't apply @html_safe to {kind.__name__} because it defines __html__().")
    if "__str__" not in kind.__dict__:
        raise ValueError(f"can't apply @html_safe to {kind.__name__} because it doesn't define __str__().")
    # Decorated subclasses may get another `__str__`: it is looked up at each call.
    kind.__html__ = lambda self: str(self)  # type: ignore[attr-defined] # that is what the decorator is for
    return kind


def format_html(template: str, *args: object, **kwargs: object) -> Markup:
    """Fill ``template`` as `str.format` does, with every argument escaped.

    Raises:
        TypeError: If there are no arguments: the text would pass unescaped, most likely by mistake.
    """
    if not args and not kwargs:
        raise TypeError(
            "args or kwargs must be provided. format_html() needs arguments: they are what it escapes. "
            "Use mark_safe() for constant HTML"
        )
    escaped = {name: conditional_escape(value) for name, value in kwargs.items()}
    return Markup(str.__str__(template).format(*map(conditional_escape, args), **escaped))


def format_html_join(separator: str, template: str, rows: Iterable[Sequence[object] | Mapping[str, object]]) -> Markup:
    """Join ``template`` filled with each of ``rows`` (positional values, or names), everything escaped.

    Args:
        separator: Put between rows; escaped unless it is safe.
        template: As in `format_html`.
        rows: Tuples of positional arguments, or mappings of named ones.
    """
    parts = (format_html(template, **row) if isinstance(row, Mapping) else format_html(template, *row) for row in rows)
    return Markup(str.__str__(conditional_escape(separator)).join(parts))


def json_script(value: object, element_id: str | None = None, encoder: "type[JSONEncoder] | None" = None) -> Markup:
    """Return a ``<script type="application/json">`` element with ``value``, safe against ``</script>`` in it.

    Args:
        value: Anything the standard library's JSON encoder takes; dates, decimals and UUIDs become strings.
        element_id: The element's ``id``, escaped.
        encoder: Another class of encoder.
    """
    import json

    written = json.dumps(value, default=_plain) if encoder is None else json.dumps(value, cls=encoder)
    text = written.translate(_JSON_ESCAPES)
    # Joined as it is: formatting would copy a long text several times more.
    name = f' id="{conditional_escape(element_id)}"' if element_id else ""
    return Markup(f'<script{name} type="application/json">{text}</script>')


def _plain(value: object) -> object:
    isoformat = getattr(value, "isoformat", None)
    if isoformat is not None:
        return isoformat()
    return str(value)
