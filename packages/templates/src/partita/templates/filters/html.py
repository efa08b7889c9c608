"""Filters that know about HTML and URLs."""

from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from partita.templates.library import Library, stringfilter
from partita.text import html, markup

__all__ = ("register",)

register = Library()
_JS_ESCAPES = {ord(mark): f"\\u{ord(mark):04X}" for mark in "\\'\"><&=-;`\u2028\u2029"} | {
    number: f"\\u{number:04X}" for number in (*range(0x20), *range(0x7F, 0xA0))
}


@register.filter(is_safe=True, may_wait=False)
@stringfilter
def escape(value: str) -> Markup:
    """Escape once, whatever else happens to it."""
    return html.conditional_escape(value)


@register.filter(may_wait=False)
@stringfilter
def force_escape(value: str) -> Markup:
    """Escape now, safe or not."""
    return html.escape(value)


@register.filter(is_safe=True, may_wait=False)
def escapeseq(value: Any) -> list[Markup]:
    """Escape every item of a list."""
    return [html.conditional_escape(item) for item in value]


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def safe(value: str) -> Markup:
    """Say that this is HTML already."""
    return html.mark_safe(value)


@register.filter(is_safe=True, may_wait=False)
def safeseq(value: Any) -> list[Markup]:
    """Say of every item of a list that it is HTML already."""
    return [html.mark_safe(item) for item in value]


@register.filter(pure=True, may_wait=False)
@stringfilter
def escapejs(value: str) -> Markup:
    """Escape for a string in JavaScript."""
    return Markup(str.__str__(value).translate(_JS_ESCAPES))


@register.filter(is_safe=True, may_wait=False)
def json_script(value: Any, element_id: str | None = None) -> Markup:
    """Return a script element with the value as JSON."""
    return html.json_script(value, element_id)


@register.filter(is_safe=True, pure=True, may_wait=False)
@stringfilter
def iriencode(value: str) -> str:
    """Percent-encode what a URL may not hold, but leave its structure."""
    return quote(str.__str__(value), safe="/#%[]=:;$&()+,!?*@'~")


@register.filter(pure=True, may_wait=False)
@stringfilter
def urlencode(value: str, safe: str | None = None) -> str:
    """Percent-encode for use in a URL; the argument names characters to leave, by default the slash."""
    return quote(str.__str__(value), safe="/" if safe is None else str.__str__(safe))


@register.filter(is_safe=True, needs_autoescape=True, may_wait=False)
@stringfilter
def urlize(value: str, autoescape: bool = True) -> Markup:
    """Turn addresses into links."""
    return markup.urlize(value, nofollow=True, autoescape=autoescape)


@register.filter(is_safe=True, needs_autoescape=True, may_wait=False)
@stringfilter
def urlizetrunc(value: str, limit: Any, autoescape: bool = True) -> Markup:
    """Turn addresses into links whose text has at most ``limit`` characters."""
    return markup.urlize(value, limit=int(limit), nofollow=True, autoescape=autoescape)


@register.filter(is_safe=True, needs_autoescape=True, may_wait=False)
@stringfilter
def linebreaks(value: str, autoescape: bool = True) -> Markup:
    """Put paragraphs into ``<p>``."""
    return markup.linebreaks(str.__str__(value), autoescape and not isinstance(value, Markup))


@register.filter(is_safe=True, needs_autoescape=True, may_wait=False)
@stringfilter
def linebreaksbr(value: str, autoescape: bool = True) -> Markup:
    """Put ``<br>`` at line breaks."""
    return markup.linebreaks_br(str.__str__(value), autoescape and not isinstance(value, Markup))


@register.filter(is_safe=True, needs_autoescape=True, may_wait=False)
@stringfilter
def linenumbers(value: str, autoescape: bool = True) -> Markup:
    """Put numbers before the lines."""
    lines = str.__str__(value).split("\n")
    width = len(str(len(lines)))
    escaped = autoescape and not isinstance(value, Markup)
    return Markup(
        "\n".join(
            f"{number:0{width}}. {html.escape_text(line) if escaped else line}" for number, line in enumerate(lines, 1)
        )
    )


@register.filter(is_safe=True, may_wait=False)
@stringfilter
def striptags(value: str) -> str:
    """Take out what looks like a tag."""
    return markup.strip_tags(str.__str__(value))


@register.filter(is_safe=True, may_wait=False)
@stringfilter
def truncatechars_html(value: str, length: Any) -> str:
    """Shorten HTML to ``length`` characters of text."""
    try:
        number = int(length)
    except ValueError:
        return value
    return markup.truncate_html_chars(str.__str__(value), number)


@register.filter(is_safe=True, may_wait=False)
@stringfilter
def truncatewords_html(value: str, count: Any) -> str:
    """Shorten HTML to ``count`` words."""
    try:
        number = int(count)
    except ValueError:
        return value
    return markup.truncate_html_words(str.__str__(value), number)
