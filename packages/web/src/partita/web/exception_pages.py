"""What an `ExceptionReporter` shows unless it has templates of its own: a page, and a text."""

import html
import traceback
from collections.abc import Mapping
from typing import Any

from partita.web.debug_page import document, exception_sections, table

__all__ = ("html_page", "text_page")


def html_page(data: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        data: Of `ExceptionReporter.get_traceback_data`.
        report: Of `ErrorReport.data`.
    """
    value = data["exception_value"]
    pieces = [f'<pre class="exception_value">{_text(value if value is not None else "Report")}</pre>']
    rows = "".join(
        f'<tr><th scope="row">{_text(name)}:</th><td>{_text(text)}</td></tr>' for name, text in _summary(data)
    )
    pieces.append(f"<table>{rows}</table>")
    if data["frames"]:
        pieces.append("<h2>Traceback (the place of the error first)</h2>")
    pieces += exception_sections(report)
    pieces.append("<h2>Request information</h2>")
    if data["request"] is None:
        pieces.append("<p>Request data not supplied</p>")
    else:
        if data["user_str"] is not None:
            pieces.append(f'<h3 id="user-info">USER</h3><p>{_text(data["user_str"])}</p>')
        for name, values in data["request_data"].items():
            shown = table(values) if values else f"<p>No {_text(name)} data</p>"
            pieces.append(f'<h3 id="{_text(name.lower())}-info">{_text(name)}</h3>{shown}')
    return document(data["title"], "".join(pieces))


def text_page(data: Mapping[str, Any], error: BaseException | None) -> str:
    """Return the text.

    Args:
        data: Of `ExceptionReporter.get_traceback_data`.
        error: What was raised, if anything was.
    """
    value = data["exception_value"]
    lines = [data["title"], value if value is not None else "No exception message supplied", ""]
    lines += [f"{name}: {text}" for name, text in _summary(data) if not name.startswith("Exception")]
    template = data["template_info"]
    if template is not None:
        lines += ["", "Template error:", f"In template {template['name']}, error at line {template['line']}"]
        lines += [f"{number:4} : {text}" for number, text in template["source"]]
    if error is not None:
        lines += ["", "".join(traceback.format_exception(error)).rstrip()]
        lines += ["", f"Exception Type: {data['title']}", f"Exception Value: {value}"]
    lines += ["", "Request information:"]
    if data["request"] is None:
        lines.append("Request data not supplied")
    else:
        if data["user_str"] is not None:
            lines.append(f"USER: {data['user_str']}")
        for name, values in data["request_data"].items():
            lines += ["", f"{name}:", *[f"{key} = {shown}" for key, shown in values.items()]]
            lines += [] if values else [f"No {name} data"]
    return "\n".join(lines) + "\n"


def _summary(data: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = list(data["request_line"])
    if data["exception_type"] is not None:
        rows += [("Exception Type", data["exception_type"]), ("Exception Value", data["exception_value"] or "")]
    return [
        *rows,
        ("Python Executable", data["sys_executable"]),
        ("Python Version", data["sys_version_info"]),
        ("Server time", f"{data['server_time']:%a, %d %b %Y %H:%M:%S +0000}"),
    ]


def _text(value: object) -> str:
    return html.escape(str(value))
