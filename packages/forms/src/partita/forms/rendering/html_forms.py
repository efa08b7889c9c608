"""The HTML of forms, fields, labels and errors, written straight from their context, without a template engine."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from partita.forms.rendering.attributes import attributes_text, html_text, quoted_text

__all__ = ("FORMS",)


def _div(context: Mapping[str, Any]) -> str:
    rows = [f"<div{_classes(field)}>{field.as_field_group()}" for field, _ in context["fields"]]
    return _rows(context, "{}", rows, "</div>")


def _p(context: Mapping[str, Any]) -> str:
    rows = [
        f"{errors}<p{_classes(field)}>{_label(field)} {field}{_help(field, 'span')}"
        for field, errors in context["fields"]
    ]
    return _rows(context, "{}", rows, "</p>")


def _ul(context: Mapping[str, Any]) -> str:
    rows = [
        f"<li{_classes(field)}>{errors}{_label(field)} {field}{_help(field, 'span')}"
        for field, errors in context["fields"]
    ]
    return _rows(context, "<li>{}</li>", rows, "</li>")


def _table(context: Mapping[str, Any]) -> str:
    rows = [
        f"<tr{_classes(field)}><th>{_label(field)}</th><td>{errors}{field}{_help(field, 'span', '<br>')}"
        for field, errors in context["fields"]
    ]
    return _rows(context, '<tr><td colspan="2">{}</td></tr>', rows, "</td></tr>")


def _rows(context: Mapping[str, Any], top: str, rows: list[str], end: str) -> str:
    """Join errors of the whole and rows; the hidden fields stand in the last row, where HTML allows them."""
    before, after = top.split("{}")
    html = [f"{before}{context['errors']}{after}"] if context["errors"] else []
    hidden = "".join(map(str, context["hidden_fields"]))
    html += [f"{row}{end}" for row in rows[:-1]]
    if rows:
        html.append(f"{rows[-1]}{hidden}{end}")
    elif hidden:
        html.append(f"{before}{hidden}{after}")
    return "\n".join(html)


def _field(context: Mapping[str, Any]) -> str:
    field = context["field"]
    form = field.form
    errors = str(field.errors) if form.is_bound and field.name in form.errors else ""
    if field.use_fieldset:
        label = str(field.legend_tag()) if field.label else ""
        mark = attributes_text({"aria-describedby": field.aria_describedby})
        return f"<fieldset{mark}>{_lines(label, _help(field, 'div'), errors, str(field))}</fieldset>"
    return _lines(_label(field), _help(field, "div"), errors, str(field))


def _lines(*parts: str) -> str:
    return "\n".join(filter(None, parts))


def _label_tag(context: Mapping[str, Any]) -> str:
    text = html_text(context["label"])
    if not context["use_tag"]:
        return text
    tag = quoted_text(context["tag"])
    return f"<{tag}{attributes_text(context['attrs'])}>{text}</{tag}>"


def _errors(context: Mapping[str, Any]) -> str:
    errors = context["errors"]
    if not errors:
        return ""
    mark = f' id="{quoted_text(errors.field_id)}_error"' if errors.field_id else ""
    items = "".join(f"<li>{html_text(text)}</li>" for text in errors)
    return f'<ul class="{quoted_text(context["error_class"])}"{mark}>{items}</ul>'


def _errors_text(context: Mapping[str, Any]) -> str:
    return "\n".join(f"* {text}" for text in context["errors"])


def _all_errors(context: Mapping[str, Any]) -> str:
    items = "".join(f"<li>{html_text(field)}{errors}</li>" for field, errors in context["errors"])
    return f'<ul class="{quoted_text(context["error_class"])}">{items}</ul>' if items else ""


def _all_errors_text(context: Mapping[str, Any]) -> str:
    return "\n".join(
        line for field, errors in context["errors"] for line in (f"* {field}", *(f"  * {text}" for text in errors))
    )


def _summary(context: Mapping[str, Any]) -> str:
    entries = context["entries"]
    if not entries:
        return ""
    id_ = quoted_text(context["id"])
    items = "".join(
        f'<li><a href="#{quoted_text(target)}">{html_text(text)}</a></li>' if target else f"<li>{html_text(text)}</li>"
        for target, text in entries
    )
    return (
        f'<div class="error-summary" role="alert" tabindex="-1" aria-labelledby="{id_}">\n'
        f'<h2 id="{id_}">{html_text(context["title"])}</h2>\n<ul>{items}</ul>\n</div>'
    )


def _set(render: str) -> Callable[[Mapping[str, Any]], str]:
    def write(context: Mapping[str, Any]) -> str:
        formset = context["formset"]
        return "".join(
            [
                str(formset.management_form),
                str(formset.non_form_errors()),
                *(str(getattr(form, render)()) for form in formset.forms),
            ]
        )

    return write


def _classes(field: Any) -> str:
    classes = field.css_classes()
    return f' class="{quoted_text(classes)}"' if classes else ""


def _label(field: Any) -> str:
    return str(field.label_tag()) if field.label else ""


def _help(field: Any, tag: str, before: str = "") -> str:
    if not field.help_text:
        return ""
    id_ = f' id="{quoted_text(field.auto_id)}_helptext"' if field.auto_id else ""
    return f'{before}<{tag} class="helptext"{id_}>{html_text(field.help_text)}</{tag}>'


FORMS: Final[dict[str, Callable[[Mapping[str, Any]], str]]] = {
    f"partita/forms/{name}": write for name, write in {
    "div.html": _div,
    "p.html": _p,
    "ul.html": _ul,
    "table.html": _table,
    "field.html": _field,
    "label.html": _label_tag,
    "errors/summary.html": _summary,
    "errors/list/ul.html": _errors,
    "errors/list/text.txt": _errors_text,
    "errors/dict/ul.html": _all_errors,
    "errors/dict/text.txt": _all_errors_text,
    "formsets/div.html": _set("as_div"),
    "formsets/p.html": _set("as_p"),
    "formsets/ul.html": _set("as_ul"),
    "formsets/table.html": _set("as_table"),
}.items()
}  # fmt: skip
"""What writes each template of the folder ``partita/forms``."""
