"""Text, HTML, dates, numbers and addresses: functions from values to text and back."""

from partita.text import timezone
from partita.text.date_parsing import parse_date, parse_datetime, parse_duration, parse_time
from partita.text.dates import date_format, format_date, time_format
from partita.text.deconstruction import deconstructible
from partita.text.destinations import escape_leading_slashes, is_same_domain, url_has_allowed_host_and_scheme
from partita.text.durations import duration_iso_string, duration_microseconds, duration_string
from partita.text.encoding import force_bytes, force_str, is_protected_type, smart_bytes, smart_str
from partita.text.errors import DeconstructionError, FileNameError, NumberError, TextDecodeError, TextError
from partita.text.formats import ENGLISH, FORMATS, ZONE, Formats, current_formats, current_zone
from partita.text.html import (
    Markup,
    conditional_escape,
    escape,
    format_html,
    format_html_join,
    html_safe,
    json_script,
    mark_safe,
)
from partita.text.importing import import_string, module_has_submodule
from partita.text.iris import escape_uri_path, filepath_to_uri, iri_to_uri, uri_to_iri
from partita.text.lazy_values import LazyObject, SimpleLazyObject, format_lazy, keep_lazy, keep_lazy_text, lazy, lazystr
from partita.text.localize import get_format, localize, localize_input, to_zone
from partita.text.markup import (
    linebreaks,
    linebreaks_br,
    quote_url,
    strip_spaces_between_tags,
    strip_tags,
    truncate_html_chars,
    truncate_html_words,
    urlize,
)
from partita.text.number_parsing import parse_number, plain_number
from partita.text.numbers import file_size, float_format, number_format
from partita.text.properties import cached_property, classproperty
from partita.text.query_strings import urlencode
from partita.text.since import time_since, time_until
from partita.text.splitting import get_text_list, smart_split, unescape_string_literal
from partita.text.strings import (
    camel_case_to_spaces,
    capfirst,
    get_valid_filename,
    normalize_newlines,
    phone_to_numeric,
    pluralize,
    slugify,
    truncate_chars,
    truncate_words,
    wrap,
)
from partita.text.truncator import Truncator
from partita.text.url_safe import base36_to_int, int_to_base36, urlsafe_base64_decode, urlsafe_base64_encode

__all__ = (
    "ENGLISH",
    "FORMATS",
    "ZONE",
    "DeconstructionError",
    "deconstructible",
    "FileNameError",
    "Formats",
    "LazyObject",
    "Markup",
    "NumberError",
    "SimpleLazyObject",
    "TextDecodeError",
    "TextError",
    "Truncator",
    "base36_to_int",
    "cached_property",
    "camel_case_to_spaces",
    "capfirst",
    "classproperty",
    "conditional_escape",
    "current_formats",
    "current_zone",
    "date_format",
    "duration_iso_string",
    "duration_microseconds",
    "duration_string",
    "escape",
    "escape_leading_slashes",
    "escape_uri_path",
    "file_size",
    "filepath_to_uri",
    "float_format",
    "force_bytes",
    "force_str",
    "format_date",
    "format_html",
    "format_html_join",
    "format_lazy",
    "get_format",
    "get_text_list",
    "get_valid_filename",
    "html_safe",
    "import_string",
    "int_to_base36",
    "iri_to_uri",
    "is_protected_type",
    "is_same_domain",
    "json_script",
    "keep_lazy",
    "keep_lazy_text",
    "lazy",
    "lazystr",
    "linebreaks",
    "linebreaks_br",
    "localize",
    "localize_input",
    "mark_safe",
    "module_has_submodule",
    "normalize_newlines",
    "number_format",
    "parse_date",
    "parse_datetime",
    "parse_duration",
    "parse_number",
    "parse_time",
    "phone_to_numeric",
    "plain_number",
    "pluralize",
    "quote_url",
    "slugify",
    "smart_bytes",
    "smart_split",
    "smart_str",
    "strip_spaces_between_tags",
    "strip_tags",
    "time_format",
    "time_since",
    "time_until",
    "timezone",
    "to_zone",
    "truncate_chars",
    "truncate_html_chars",
    "truncate_html_words",
    "truncate_words",
    "unescape_string_literal",
    "uri_to_iri",
    "url_has_allowed_host_and_scheme",
    "urlencode",
    "urlize",
    "urlsafe_base64_decode",
    "urlsafe_base64_encode",
    "wrap",
)
