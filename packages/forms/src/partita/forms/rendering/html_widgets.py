"""The HTML of widgets, written straight from their context: what the templates of the same names say, without an engine."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from partita.forms.rendering.attributes import attributes_text, html_text, quoted_text

__all__ = ("WIDGETS",)


_Write: TypeAlias = Callable[[Mapping[str, Any]], str]


def _input(widget: Mapping[str, Any]) -> str:
    value = widget["value"]
    text = "" if value is None else f' value="{quoted_text(value)}"'
    rest = attributes_text(widget["attrs"])
    return f'<input type="{quoted_text(widget["type"])}" name="{quoted_text(widget["name"])}"{text}{rest}>'


def _textarea(widget: Mapping[str, Any]) -> str:
    value = widget["value"]
    text = "" if value is None else quoted_text(value)
    # Browsers drop the line break that begins the content, so that one of the value's own stays.
    return f'<textarea name="{quoted_text(widget["name"])}"{attributes_text(widget["attrs"])}>\n{text}</textarea>'


def _option(option: Mapping[str, Any]) -> str:
    rest = attributes_text(option["attrs"])
    return f'<option value="{quoted_text(option["value"])}"{rest}>{html_text(option["label"])}</option>'


def _select(widget: Mapping[str, Any]) -> str:
    parts = [f'<select name="{quoted_text(widget["name"])}"{attributes_text(widget["attrs"])}>']
    for group, options, _ in widget["optgroups"]:
        if group:
            parts.append(f'<optgroup label="{quoted_text(group)}">')
        parts.extend(_WRITERS[option["template_name"]](option) for option in options)
        if group:
            parts.append("</optgroup>")
    parts.append("</select>")
    return "\n".join(parts)


def _labelled(option: Mapping[str, Any]) -> str:
    control = _input(option)
    if not option.get("wrap_label") or not option["label"]:
        return control
    id_ = option["attrs"].get("id")
    mark = f' for="{quoted_text(id_)}"' if id_ else ""
    return f"<label{mark}>{control} {html_text(option['label'])}</label>"


def _buttons(widget: Mapping[str, Any]) -> str:
    own = {name: widget["attrs"].get(name) or None for name in ("id", "class")}
    parts = [f"<div{attributes_text(own)}>"]
    for group, options, _ in widget["optgroups"]:
        if group:
            parts.append(f'<div role="group" aria-label="{quoted_text(group)}">\n<div>{html_text(group)}</div>')
        parts.extend(f"<div>\n{_WRITERS[option['template_name']](option)}\n</div>" for option in options)
        if group:
            parts.append("</div>")
    parts.append("</div>")
    return "\n".join(parts)


def _several(widget: Mapping[str, Any]) -> str:
    return "".join(_WRITERS[one["template_name"]](one) for one in widget["subwidgets"])


def _several_hidden(widget: Mapping[str, Any]) -> str:
    return "\n".join(_WRITERS[one["template_name"]](one) for one in widget["subwidgets"])


def _file(widget: Mapping[str, Any]) -> str:
    if not widget["is_initial"]:
        return _input(widget)
    present = widget["value"]
    html = f'{html_text(widget["initial_text"])}: <a href="{quoted_text(present.url)}">{quoted_text(present)}</a>'
    if not widget["required"]:
        name, id_ = quoted_text(widget["checkbox_name"]), quoted_text(widget["checkbox_id"])
        more = attributes_text({"disabled": bool(widget["attrs"].get("disabled")), "checked": widget["checked"]})
        html += (
            f'\n<input type="checkbox" name="{name}" id="{id_}"{more}>'
            f'\n<label for="{id_}">{html_text(widget["clear_checkbox_label"])}</label>'
        )
    return f"{html}<br>\n{html_text(widget['input_text'])}:\n{_input({**widget, 'value': None})}"


def _of_context(write: _Write) -> _Write:
    def from_context(context: Mapping[str, Any]) -> str:
        return write(context["widget"])

    return from_context


_WRITERS: Final[dict[str, _Write]] = {
    f"partita/forms/widgets/{name}": write
    for name, write in {
    **dict.fromkeys(
        (
            "input.html", "text.html", "number.html", "range.html", "email.html", "url.html", "tel.html", "search.html",
            "color.html", "month.html", "week.html", "password.html", "hidden.html", "date.html", "datetime.html",
            "time.html", "checkbox.html", "file.html",
        ),
        _input,
    ),
    "textarea.html": _textarea,
    "select.html": _select,
    "select_option.html": _option,
    "radio.html": _buttons,
    "checkbox_select.html": _buttons,
    "radio_option.html": _labelled,
    "checkbox_option.html": _labelled,
    "multiwidget.html": _several,
    "splitdatetime.html": _several,
    "splithiddendatetime.html": _several,
    "select_date.html": _several,
    "multiple_hidden.html": _several_hidden,
    "clearable_file_input.html": _file,
}.items()
}  # fmt: skip

WIDGETS: Final[dict[str, _Write]] = {name: _of_context(write) for name, write in _WRITERS.items()}
"""What writes each template of the folder ``partita/forms/widgets`` from its context."""
