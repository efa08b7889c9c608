"""Escaping for one place in HTML each: in scripts, in addresses, in styles, in attributes without quotes."""

import html
import json
import re
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from partita.templates import runtime
from partita.templates.context import MISSING
from partita.templates.filters.html import escapejs
from partita.text.html import escape_text

__all__ = (
    "REFUSED",
    "attribute_name",
    "css_value",
    "js_attribute_string",
    "js_attribute_value",
    "js_string",
    "js_template",
    "js_value",
    "srcdoc",
    "unquoted",
    "url_part",
    "url_query",
    "url_start",
)

REFUSED = "partita-refused"
"""What stands in the place of a value that could do something there."""
SCHEMES = frozenset({"http", "https", "mailto", "tel", "sms", "ftp"})
_JSON_ESCAPES = {ord(mark): f"\\u{ord(mark):04X}" for mark in "<>&'\u2028\u2029"}
_CSS = re.compile(r"[A-Za-z0-9 .,%#+_-]*")
_ATTRIBUTE = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_IGNORED_IN_URLS = re.compile(
    r"[\x00-\x20\x7f]+"
)  # browsers leave these out before they read a scheme (WHATWG URL, 4.4)
_URL_MARKS = "/?#[]@!$&'()*+,;=:%"
_UNQUOTED = re.compile(r"[\x00-\x20\x7f\s=`/]")


def js_value(value: Any) -> str:
    """Write a value as JSON that is JavaScript too, and cannot end the script; what is missing is ``null``."""
    value = runtime.settled(value)
    if value is MISSING:
        return " null "
    text = json.dumps(value, default=_plain, ensure_ascii=True).translate(_JSON_ESCAPES)
    return text if text[0] in '"[{' else f" {text} "  # so that it does not grow together with a word beside it


def js_string(value: Any) -> str:
    """Escape for a string in JavaScript."""
    return str.__str__(escapejs(_text(value)))


def js_template(value: Any) -> str:
    """Escape for a template literal in JavaScript."""
    return js_string(value).replace("$", "\\u0024")


def js_attribute_value(value: Any) -> str:
    """`js_value` for an attribute such as ``onclick``."""
    return escape_text(js_value(value))


def js_attribute_string(value: Any) -> str:
    """`js_string` for an attribute such as ``onclick``, also in a template literal."""
    return escape_text(js_template(value))


def url_start(value: Any) -> str:
    """Let addresses stand that are relative or have a harmless scheme, and escape them for an attribute."""
    text = html.unescape(_text(value))
    bare = _IGNORED_IN_URLS.sub("", text)
    before = re.split(r"[/?#]", bare, maxsplit=1)[0]
    if ":" in before and before.partition(":")[0].lower() not in SCHEMES:
        return f"#{REFUSED}"
    return escape_text(quote(text, safe=_URL_MARKS))


def url_part(value: Any) -> str:
    """Escape for the path of an address: what means something there is left, but for the colon, which could end a scheme."""
    return escape_text(quote(html.unescape(_text(value)), safe=_URL_MARKS.replace(":", "")))


def url_query(value: Any) -> str:
    """Escape for a value in the query of an address; safe text, which is a whole query, keeps its marks."""
    shown = runtime.show_raw(_present(value))
    safe = _URL_MARKS if isinstance(shown, Markup) else ""
    return escape_text(quote(html.unescape(str.__str__(shown)), safe=safe))


def css_value(value: Any) -> str:
    """Let words, numbers and colours stand; anything else is refused."""
    text = _text(value)
    return text if _CSS.fullmatch(text) else REFUSED


def unquoted(value: Any) -> str:
    """Escape for an attribute without quotes: what would end it, too."""
    text = _text(value)
    escaped = escape_text(html.unescape(text))
    return _UNQUOTED.sub(lambda found: f"&#{ord(found[0])};", escaped) if text else '""'


def attribute_name(value: Any) -> str:
    """Let safe text stand, which is attributes, and names that are harmless, such as ``checked``."""
    shown = runtime.show_raw(_present(value))
    if isinstance(shown, Markup):
        return str.__str__(shown)
    name = shown.lower()
    harmful = name.startswith(("on", "xlink")) or name in {"style", "src", "href", "srcdoc", "action", "formaction"}
    return shown if not shown or (_ATTRIBUTE.fullmatch(shown) and not harmful) else REFUSED


def srcdoc(value: Any) -> str:
    """Escape for a document in an attribute, whose text is read as HTML once more."""
    return escape_text(escape_text(_text(value)))


def _present(value: Any) -> Any:
    value = runtime.settled(value)
    return "" if value is MISSING else value


def _text(value: Any) -> str:
    return str.__str__(runtime.show_raw(_present(value)))


def _plain(value: object) -> object:
    isoformat = getattr(value, "isoformat", None)
    return isoformat() if isoformat is not None else str(value)
