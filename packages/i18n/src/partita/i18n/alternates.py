"""Links that tell search engines about the same page in other languages (HTML, section 4.6.8.1: ``hreflang``)."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

from partita.i18n.languages import language_of_path
from partita.text.html import Markup, format_html, format_html_join

__all__ = ("Alternate", "alternate_links", "alternates")


class Alternate(NamedTuple):
    """One page in one language."""

    language: str
    """A tag, or ``x-default`` for visitors of any other language."""
    url: str


def alternates(
    url: str, languages: Sequence[str], default: str | None = None, unprefixed: str | None = None
) -> tuple[Alternate, ...]:
    """Return the addresses of a page whose path begins with its language.

    Args:
        url: The address of the page in one of the languages; query and fragment are left out.
        languages: Those that the page is there in.
        default: The language for visitors of any other; none is named without it.
        unprefixed: The language whose paths have no prefix, if there is one.

    Returns:
        One for each language, the page's own among them; nothing if the path belongs to no language.
    """
    parts = urlsplit(url)._replace(query="", fragment="")
    own = language_of_path(parts.path, languages)
    if own is None and unprefixed is None:
        return ()
    rest = parts.path if own is None else parts.path[len(own) + 1 :] or "/"

    def address(language: str) -> str:
        return parts._replace(path=rest if language == unprefixed else f"/{language}{rest}").geturl()

    found = [Alternate(language, address(language)) for language in languages]
    if default is not None:
        found.append(Alternate("x-default", address(default)))
    return tuple(found)


def alternate_links(
    url: str, languages: Sequence[str], default: str | None = None, unprefixed: str | None = None
) -> Markup:
    """Return ``<link>`` elements for the head of a page: the canonical address, and those in all languages.

    Args:
        url: As of `alternates`, like the other arguments.
        languages: Tags.
        default: A tag.
        unprefixed: A tag.
    """
    canonical = urlsplit(url)._replace(query="", fragment="").geturl()
    return format_html('<link rel="canonical" href="{}">', canonical) + format_html_join(
        "", '<link rel="alternate" hreflang="{}" href="{}">', alternates(url, languages, default, unprefixed)
    )
