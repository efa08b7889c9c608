"""Text and attributes of HTML elements, written safely."""

import re
from collections.abc import Mapping
from functools import lru_cache

from markupsafe import Markup, escape

__all__ = ("attributes_text", "escape_text", "fill_html", "html_text", "quoted_text", "write_attributes")

_NOT_IN_A_NAME = re.compile(r"[\s\x00\"'<>/=]")


def fill_html(template: str, *values: object) -> Markup:
    """Return the template with the values in its ``%s``, escaped unless they are HTML already.

    `markupsafe.Markup.format` does the same in five times the time.
    """
    return Markup(template % tuple(map(escape, values)))


def quoted_text(value: object) -> str:
    """Return ``value`` as text that may stand in an attribute between double quotes, or between two tags.

    It is escaped even if it is marked as HTML. Most values hold nothing to escape, and for those five searches cost a
    third of what `markupsafe.escape` costs with the object it makes.
    """
    text = value if type(value) is str else str(value)
    if type(text) is not str:
        text = str.__str__(text)  # Markup would escape what is put into it
    if "&" in text:
        text = text.replace("&", "&amp;")
    if "<" in text:
        text = text.replace("<", "&lt;")
    if ">" in text:
        text = text.replace(">", "&gt;")
    if '"' in text:
        text = text.replace('"', "&#34;")
    if "'" in text:
        text = text.replace("'", "&#39;")
    return text


def html_text(value: object) -> str:
    """Return ``value`` as HTML: what is marked as HTML as it is, everything else escaped."""
    if type(value) is str:
        return quoted_text(value)
    render = getattr(value, "__html__", None)
    return quoted_text(value) if render is None else str(render())


def attributes_text(attrs: Mapping[str, object]) -> str:
    """Return the attributes with a space before each, see `write_attributes`."""
    parts = []
    for name, value in attrs.items():
        if value is None or value is False:
            continue
        _check_name(name)
        parts.append(f" {name}" if value is True else f' {name}="{quoted_text(value)}"')
    return "".join(parts)


def write_attributes(attrs: Mapping[str, object]) -> Markup:
    """Return the attributes with a space before each.

    Args:
        attrs: Values by name. True writes the bare name, False and None write nothing.

    Raises:
        ValueError: If a name would end the attribute and begin something else.
    """
    return Markup(attributes_text(attrs))


def escape_text(value: object) -> Markup:
    """Escape ``value`` even if it is marked as HTML, for places that take only text: attributes and textareas."""
    return Markup(quoted_text(value))


@lru_cache(maxsize=1024)
def _check_name(name: str) -> None:
    if _NOT_IN_A_NAME.search(name):
        raise ValueError(f"{name[:80]!r} is not a name for an HTML attribute.")
