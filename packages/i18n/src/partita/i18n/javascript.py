"""Messages and formats of one language as a script, so that JavaScript can call ``gettext``."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from partita.i18n.catalogues import Catalogue
from partita.i18n.translations import Translations

__all__ = ("JAVASCRIPT_DOMAINS", "django_catalogue", "javascript_catalogue", "json_catalogue")

JAVASCRIPT_DOMAINS = ("javascript", "djangojs")
_PLURAL = re.compile(r"[n0-9\s()?:<>=!&|%+*-]{1,500}")
_SEPARATOR = "\x04"  # between context and message, as in .mo files
_FUNCTIONS = """\
"use strict";
(function (globals) {
  const catalogue = %(catalogue)s;
  const own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);
  // One page may load several of these scripts: each adds its messages to those of the others.
  const django = globals.django || (globals.django = {});
  const messages = django.catalog || (django.catalog = Object.create(null));
  const formats = django.formats || (django.formats = Object.create(null));
  Object.assign(formats, catalogue.formats);
  let counts = !django.pluralidx;
  for (const [key, forms] of Object.entries(catalogue.messages)) {
    messages[key] = forms.length === 1 ? forms[0] : forms;
    counts = counts || forms.length > 1;
  }
  if (counts) {
    django.pluralidx = (n) => { const found = (%(plural)s); return typeof found === "boolean" ? (found ? 1 : 0) : found; };
  }
  const form = (key, index) => {
    const found = own(messages, key) ? messages[key] : undefined;
    return Array.isArray(found) ? found[index] : found;
  };
  const counted = (key, one, several, count) => form(key, django.pluralidx(count)) ?? (count === 1 ? one : several);
  django.gettext = (text) => form(text, 0) ?? text;
  django.ngettext = (one, several, count) => counted(one, one, several, count);
  django.pgettext = (context, text) => form(context + "\\u0004" + text, 0) ?? text;
  django.npgettext = (context, one, several, count) => counted(context + "\\u0004" + one, one, several, count);
  django.gettext_noop = (text) => text;
  django.interpolate = (text, values, named) => named
    ? text.replace(/%%\\((\\w+)\\)s/g, (_, name) => String(values[name]))
    : (() => { let at = 0; return text.replace(/%%s/g, () => String(values[at++])); })();
  django.get_format = (name) => own(formats, name) ? formats[name] : name;
  for (const name of ["pluralidx", "gettext", "ngettext", "gettext_noop", "pgettext", "npgettext", "interpolate", "get_format"]) {
    globals[name] = django[name];
  }
})(globalThis);
"""


def json_catalogue(
    dirs: Sequence[Path | str],
    language: str,
    domains: Sequence[str] = JAVASCRIPT_DOMAINS,
    fallback: str | None = None,
) -> dict[str, object]:
    """Return messages, formats and the plural rule of one language, for scripts that bring their own functions.

    Args:
        dirs: Folders with catalogues; earlier ones win.
        language: The tag.
        domains: Names of the files.
        fallback: Language of what is not translated, English by default. Its plurals are taken only if they follow the same
            rule, for a script has one.

    Raises:
        LanguageError: If a tag is malformed.
        CatalogueError: If a file of messages cannot be read.
    """
    site = Translations(dirs, [language], language, domains=domains)
    found = list(site.catalogues(site.default))
    # The first catalogue counts, so its rule does; a language without any has English ones, of the texts themselves.
    plural = found[0].expression if found else ""
    messages: dict[str, list[str]] = {}
    if fallback is not None:
        other = Translations(dirs, [fallback], fallback, domains=domains)
        for catalogue in reversed(list(other.catalogues(other.default))):
            _add(messages, catalogue, plurals=catalogue.expression == plural)
    for catalogue in reversed(found):
        _add(messages, catalogue)
    formats = site.formats(site.default)
    shown: dict[str, object] = {
        **formats.named,
        **formats.input,
        "DECIMAL_SEPARATOR": formats.decimal_separator,
        "THOUSAND_SEPARATOR": formats.thousand_separator,
        "NUMBER_GROUPING": formats.grouping[0] if formats.grouping else 0,
        "FIRST_DAY_OF_WEEK": formats.first_day_of_week,
    }
    # The rule becomes part of a script, so it may hold nothing but arithmetic.
    rule = plural if _PLURAL.fullmatch(plural) else "n != 1"
    return {"language": site.default, "messages": messages, "formats": shown, "plural": rule}


def django_catalogue(
    dirs: Sequence[Path | str],
    language: str,
    domains: Sequence[str] = JAVASCRIPT_DOMAINS,
    fallback: str | None = None,
) -> dict[str, object]:
    """Return the same as `json_catalogue` in the form that scripts written for Django's ``JSONCatalog`` read.

    ``catalog`` has a text for each message, and a list of texts for each that is counted; ``formats`` and ``plural`` are as there.
    """
    found = json_catalogue(dirs, language, domains, fallback)
    messages = cast("dict[str, list[str]]", found["messages"])
    catalog = {message: forms if len(forms) > 1 else forms[0] for message, forms in messages.items()}
    return {"catalog": catalog, "formats": found["formats"], "plural": found["plural"]}


def _add(messages: dict[str, list[str]], catalogue: Catalogue, *, plurals: bool = True) -> None:
    for (context, message), forms in catalogue.messages.items():
        if plurals or len(forms) == 1:
            messages[message if context is None else f"{context}{_SEPARATOR}{message}"] = list(forms)


def javascript_catalogue(
    dirs: Sequence[Path | str],
    language: str,
    domains: Sequence[str] = JAVASCRIPT_DOMAINS,
    fallback: str | None = None,
) -> str:
    """Return a script that defines ``gettext``, ``ngettext``, ``pgettext``, ``npgettext``, ``interpolate`` and ``get_format``.

    Args:
        dirs: Folders with catalogues; earlier ones win.
        language: The tag.
        domains: Names of the files.
        fallback: See `json_catalogue`.

    Raises:
        LanguageError: If a tag is malformed.
        CatalogueError: If a file of messages cannot be read.
    """
    catalogue = json_catalogue(dirs, language, domains, fallback)
    # In a <script> element a text could otherwise end it; U+2028 ends a line in older engines.
    text = json.dumps(catalogue).replace("<", "\\u003C").replace(">", "\\u003E").replace("&", "\\u0026")
    return _FUNCTIONS % {"catalogue": text, "plural": catalogue["plural"]}
