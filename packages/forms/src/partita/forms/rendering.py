"""Whole forms as HTML, with labels, descriptions and errors tied to their controls."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from markupsafe import Markup

from partita.contracts.i18n import gettext
from partita.forms.attributes import fill_html, write_attributes
from partita.forms.bound import BoundField
from partita.forms.error_lists import ErrorList

if TYPE_CHECKING:
    from partita.forms.form import BaseForm

__all__ = ("as_div", "as_p", "as_table", "as_ul", "field_group")


def as_div(form: "BaseForm") -> Markup:
    """Return a ``<div>`` for each field; fields of several controls are fieldsets."""
    return _rows(form, lambda field: fill_html("<div%s>%s{}</div>", _classes(field), field_group(field)))


def as_p(form: "BaseForm") -> Markup:
    """Return a paragraph for each field, its errors before it."""

    def row(field: BoundField) -> Markup:
        text = _help(field, "span")
        return fill_html("%s<p%s>%s %s%s{}</p>", field.errors, _classes(field), _label(field), field, text)

    return _rows(form, row)


def as_ul(form: "BaseForm") -> Markup:
    """Return a list item for each field, without the ``<ul>``."""

    def row(field: BoundField) -> Markup:
        text = _help(field, "span")
        return fill_html("<li%s>%s%s %s%s{}</li>", _classes(field), field.errors, _label(field), field, text)

    return _rows(form, row, "<li>%s</li>")


def as_table(form: "BaseForm") -> Markup:
    """Return a table row for each field, without the ``<table>``."""

    def row(field: BoundField) -> Markup:
        text = _help(field, "div")
        return fill_html(
            "<tr%s><th>%s</th><td>%s%s%s{}</td></tr>", _classes(field), _label(field), field.errors, field, text
        )

    return _rows(form, row, '<tr><td colspan="2">%s</td></tr>')


def field_group(field: BoundField) -> Markup:
    """Return label, help text, errors and control of one field."""
    inner = [_help(field, "div"), field.errors.as_ul() if field.form.is_bound else "", Markup(field.__html__())]
    if not field.use_fieldset:
        return _lines([_label(field), *inner])
    mark = write_attributes({"aria-describedby": field.aria_describedby})
    return fill_html("<fieldset%s>%s</fieldset>", mark, _lines([field.legend_tag() if field.label else "", *inner]))


def _lines(parts: Iterable[str]) -> Markup:
    return Markup("\n").join(part for part in parts if part)


def _rows(form: "BaseForm", row: Callable[[BoundField], Markup], top: str = "%s") -> Markup:
    """Return errors of the whole, then the rows; ``{}`` in the last row is the place for hidden fields."""
    hidden = form.hidden_fields()
    errors = _top_errors(form, hidden)
    html = [fill_html(top, errors)] if errors else []
    controls = Markup().join(field.__html__() for field in hidden)
    rows = [row(field) for field in form.visible_fields()]
    html += [_fill(one, Markup()) for one in rows[:-1]]
    html += [_fill(rows[-1], controls)] if rows else [fill_html(top, controls)] if controls else []
    return Markup("\n").join(html)


def _fill(row: Markup, hidden: Markup) -> Markup:
    before, _, after = row.rpartition("{}")  # the last one is ours, whatever stands in the values before it
    return before + hidden + after


def _top_errors(form: "BaseForm", hidden: list[BoundField]) -> ErrorList:
    errors = form.non_field_errors()
    found = [(field, field.errors) for field in hidden if form.is_bound and field.errors]
    if not found:
        return errors
    errors = errors.copy()
    for field, own in found:
        errors.extend(
            gettext("(Hidden field %(name)s) %(error)s") % {"name": field.name, "error": text} for text in own
        )
    return errors


def _classes(field: BoundField) -> Markup:
    return write_attributes({"class": field.css_classes() or None})


def _label(field: BoundField) -> Markup:
    return field.label_tag() if field.label else Markup()


def _help(field: BoundField, tag: str) -> Markup:
    if not field.help_text:
        return Markup()
    mark = write_attributes({"class": "helptext", "id": f"{field.auto_id}_helptext" if field.auto_id else None})
    return fill_html("<%s%s>%s</%s>", tag, mark, field.help_text, tag)
