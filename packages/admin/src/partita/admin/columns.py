"""The columns of a list: where their values come from, and what they are sorted by."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
from markupsafe import Markup

from partita.admin.errors import OptionsError
from partita.admin.fields import Translated, field_at, find_field, singular_name, translated_at
from partita.admin.values import LONGEST_TEXT, link_or_text, show_boolean, show_value
from partita.contracts.i18n import LazyText
from partita.orm import BooleanField, Model, URLField

if TYPE_CHECKING:
    from partita.admin.base_options import BaseModelAdmin

__all__ = ("Column", "ColumnSource", "make_column", "relations_of")

ColumnSource = str | Callable[[Any], object]


class Column(msgspec.Struct, frozen=True):
    """One column.

    Args:
        name: Stands in the address of the sorted list.
        text: The head of the column.
        sort_path: The field it is sorted by, or None; begins with ``-`` if that is reversed.
        is_number: Whether values are flush right.
        show: Returns an object's value as HTML.
    """

    name: str
    text: str
    sort_path: str | None
    is_number: bool
    show: Callable[[Any], Markup]


def make_column(admin: "BaseModelAdmin", source: ColumnSource, longest: int | None = LONGEST_TEXT) -> Column:
    """Return the column for one entry of ``list_display``.

    Args:
        admin: Whose list it is.
        source: A field, a path such as ``album__artist``, the name of a method or attribute of the admin or the model,
            ``__str__``, or a function of the object.
        longest: Characters of a text to show; None for all.

    Raises:
        OptionsError: If it is none of these.
    """
    if callable(source):
        return _computed(admin, getattr(source, "__name__", "column"), source, source, longest)
    if source == "__str__":
        return Column(source, _head(singular_name(admin.model)), None, False, lambda obj: show_value(str(obj)))
    own = getattr(admin, source, None)
    if callable(own):
        return _computed(admin, source, own, own, longest)
    translated = translated_at(admin.model, source)
    if translated is not None:
        return _translated(admin, source, translated, longest)
    field = field_at(admin.model, source)
    if field is not None:
        return _stored(admin, source, field, longest)
    found = getattr(admin.model, source, None)
    if found is None and not hasattr(admin.model, source):
        expected = f"a field, method or attribute of {admin.model.__name__}, or a method of {type(admin).__name__}"
        raise OptionsError(type(admin).__name__, "list_display", source, expected)
    marks = found.fget if isinstance(found, property) else found
    return _computed(admin, source, lambda obj: _called(getattr(obj, source)), marks, longest)


def relations_of(admin: "BaseModelAdmin", sources: Sequence[ColumnSource]) -> tuple[list[str], list[str]]:
    """Return which relations a list shows: those to one object, to be joined, and those to many, to be fetched along."""
    joined: list[str] = []
    fetched: list[str] = []
    for source in sources:
        if not isinstance(source, str) or hasattr(admin, source):
            continue
        path: list[str] = []
        current: type[Model] | None = admin.model
        for name in source.split("__"):
            field = None if current is None else find_field(current, name)
            if field is None or field.related_model is None:
                break
            path.append(name)
            if field.many_to_many:
                fetched.append("__".join(path))
                path = []
                break
            current = field.related_model
        if path:
            joined.append("__".join(path))
    return joined, fetched


def _stored(admin: "BaseModelAdmin", path: str, field: Any, longest: int | None) -> Column:
    read = _reader(path)
    kind = field.get_internal_type()
    is_number = kind.endswith(("IntegerField", "FloatField", "DecimalField")) and not field.choices
    show = _shown(field, read, admin.empty_value_display, longest)
    return Column(path, _head(field.verbose_name), None if field.many_to_many else path, is_number, show)


def _translated(admin: "BaseModelAdmin", path: str, field: Translated, longest: int | None) -> Column:
    show = _shown(field.column, _reader(path), admin.empty_value_display, longest)
    return Column(path, _head(field.verbose_name), path, False, show)


def _reader(path: str) -> Callable[[Any], Any]:
    *way, name = path.split("__")

    def read(obj: Any) -> Any:
        for step in way:
            obj = getattr(obj, step)
            if obj is None:
                return None
        return getattr(obj, name)

    return read


def _shown(field: Any, read: Callable[[Any], Any], empty: str, longest: int | None) -> Callable[[Any], Markup]:
    if field.many_to_many:
        return lambda obj: show_value([str(one) for one in read(obj).all()] or None, empty, longest=longest)
    if field.choices:
        labels = {value: str(label) for value, label in field.flatchoices}
        return lambda obj: show_value(labels.get(value := read(obj), value), empty, longest=longest)
    if isinstance(field, BooleanField):
        return lambda obj: show_boolean(read(obj))
    if isinstance(field, URLField):
        return lambda obj: link_or_text(read(obj), empty)
    return lambda obj: show_value(read(obj), empty, longest=longest)


def _computed(
    admin: "BaseModelAdmin", name: str, read: Callable[[Any], object], marks: Any, longest: int | None
) -> Column:
    empty = getattr(marks, "empty_value_display", None) or admin.empty_value_display
    text = getattr(marks, "short_description", None) or name.replace("_", " ")
    as_boolean = getattr(marks, "boolean", False)

    def show(obj: Any) -> Markup:
        value = read(obj)
        return show_boolean(value) if as_boolean else show_value(value, empty, longest=longest)

    return Column(name, _head(text), getattr(marks, "admin_order_field", None), False, show)


def _called(value: Any) -> object:
    return value() if callable(value) else value


def _head(text: str | LazyText) -> str:
    plain = str(text)
    return plain[:1].upper() + plain[1:]
