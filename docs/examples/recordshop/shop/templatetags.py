"""Covers, prices and playing times for the shop's templates."""

from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency
from markupsafe import Markup, escape

from partita.contracts.i18n import TRANSLATOR
from partita.templates import Library
from shop.models import Album

__all__ = ("register",)

register = Library()


@register.filter
def money(value: Decimal) -> str:
    """Show US dollars as the current language writes them."""
    translator = TRANSLATOR.get()
    return _money(value, "en" if translator is None else translator.language)


@lru_cache(maxsize=1024)  # few prices, shown often; formatting one takes longer than the rest of its row
def _money(value: Decimal, language: str) -> str:
    return format_currency(value, "USD", locale=language.replace("-", "_"))


@register.filter
def playing_time(milliseconds: int) -> str:
    """Show a length as minutes and seconds, such as ``3:05``; hours only where needed."""
    minutes, seconds = divmod(milliseconds // 1000, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def native_name(language: str) -> str:
    """Show a language by the name that its speakers give it, such as ``Deutsch``."""
    return (Locale.parse(language, sep="-").display_name or language).capitalize()


@register.simple_tag
def cover(album: Album) -> Markup:
    """Draw a sleeve for a record that has no picture: the same record always gets the same one."""
    hue = album.pk * 137 % 360  # the golden angle keeps neighbours apart
    other = (hue + (40, 150, 180, 210)[album.pk % 4]) % 360
    initials = "".join(word[0] for word in album.title.split() if word[0].isalnum())[:2].upper() or "♪"
    return Markup(
        '<svg class="cover" viewBox="0 0 200 200" role="img" aria-hidden="true" focusable="false">'
        '<rect width="200" height="200" fill="hsl({hue} 45% 28%)"/>{pattern}'
        '<text x="16" y="184" direction="ltr" font-family="Georgia, serif" font-size="44" font-weight="700" '
        'fill="hsl({hue} 70% 94%)">{initials}</text></svg>'
    ).format(hue=hue, pattern=_PATTERNS[album.pk // 4 % len(_PATTERNS)](hue, other), initials=escape(initials))


def _rings(hue: int, other: int) -> Markup:
    rings = Markup("").join(
        Markup('<circle cx="132" cy="76" r="{}" fill="none" stroke="hsl({} 60% {}%)" stroke-width="5"/>').format(
            radius, other, 72 - radius // 3
        )
        for radius in range(14, 120, 13)
    )
    return rings + Markup('<circle cx="132" cy="76" r="7" fill="hsl({} 80% 88%)"/>').format(hue)


def _bars(hue: int, other: int) -> Markup:
    return Markup("").join(
        Markup('<rect x="{}" y="0" width="14" height="{}" fill="hsl({} 62% {}%)"/>').format(
            18 + step * 24, 40 + (step * 53 + hue) % 90, other, 45 + step * 5
        )
        for step in range(7)
    )


def _sun(hue: int, other: int) -> Markup:
    return Markup(
        '<circle cx="100" cy="92" r="62" fill="hsl({o} 75% 60%)"/>'
        '<path d="M0 120 Q50 96 100 120 T200 120 V200 H0Z" fill="hsl({h} 48% 36%)"/>'
        '<path d="M0 142 Q50 118 100 142 T200 142 V200 H0Z" fill="hsl({h} 50% 22%)"/>'
    ).format(h=hue, o=other)


def _diagonals(hue: int, other: int) -> Markup:
    return Markup("").join(
        Markup('<path d="M{} -10 L{} 210" stroke="hsl({} 65% {}%)" stroke-width="16"/>').format(
            40 + step * 44, -60 + step * 44, other if step % 2 else hue, 40 + step * 6
        )
        for step in range(6)
    )


_PATTERNS = (_rings, _sun, _bars, _diagonals)
