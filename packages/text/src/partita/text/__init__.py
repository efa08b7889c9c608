"""Text, HTML, date and number formatting."""

from partita.text.dates import date_format, format_date, time_format
from partita.text.formats import ENGLISH, FORMATS, ZONE, Formats, current_formats, current_zone
from partita.text.html import (
    Markup,
    conditional_escape,
    escape,
    format_html,
    format_html_join,
    json_script,
    mark_safe,
)
from partita.text.localize import localize, to_zone
from partita.text.markup import (
    linebreaks,
    linebreaks_br,
    strip_tags,
    truncate_html_chars,
    truncate_html_words,
    urlize,
)
from partita.text.numbers import file_size, float_format, number_format
from partita.text.since import time_since, time_until
from partita.text.strings import (
    capfirst,
    pluralize,
    slugify,
    truncate_chars,
    truncate_words,
    wrap,
)

__all__ = (
    "ENGLISH",
    "FORMATS",
    "ZONE",
    "Formats",
    "Markup",
    "capfirst",
    "conditional_escape",
    "current_formats",
    "current_zone",
    "date_format",
    "escape",
    "file_size",
    "float_format",
    "format_date",
    "format_html",
    "format_html_join",
    "json_script",
    "linebreaks",
    "linebreaks_br",
    "localize",
    "mark_safe",
    "number_format",
    "pluralize",
    "slugify",
    "strip_tags",
    "time_format",
    "time_since",
    "time_until",
    "to_zone",
    "truncate_chars",
    "truncate_html_chars",
    "truncate_html_words",
    "truncate_words",
    "urlize",
    "wrap",
)
