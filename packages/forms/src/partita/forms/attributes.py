"""Attributes of HTML elements, written safely."""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

__all__ = ("escape_text", "fill_html", "write_attributes")

_NOT_IN_A_NAME = re.compile(r"[\s\x00\"'<>/=]")


def fill_html(template: str, *values: object) -> Markup:
    """Return the template with the values in its ``%s``, escaped unless they are HTML already.

    `markupsafe.Markup.format` does the same in five times the time.
    """
    return Markup(template % tuple(map(escape, values)))


def write_attributes(attrs: Mapping[str, object]) -> Markup:
    """Return the attributes with a space before each.

    Args:
        attrs: Values by name. True writes the bare name, False and None write nothing.

    Raises:
        ValueError: If a name would end the attribute and begin something else.
    """
    parts = []
    for name, value in attrs.items():
        if _NOT_IN_A_NAME.search(name):
            raise ValueError(f"{name[:80]!r} is not a name for an HTML attribute.")
        if value is True:
            parts.append(f" {name}")
        elif value is not None and value is not False:
            parts.append(f' {name}="{escape(str(value))}"')
    return Markup("".join(parts))


def escape_text(value: object) -> Markup:
    """Escape ``value`` even if it is marked as HTML, for places that take only text: attributes, textareas, options."""
    return escape(str(value))
