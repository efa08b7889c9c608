"""The tag library ``tz``; needs partita-templates."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any

from partita.contracts.current import find
from partita.contracts.settings import USE_TZ
from partita.i18n.translations import override_zone
from partita.templates import FilterExpression, Library, Node, NodeList, Parser, TemplateSyntaxError, Token
from partita.text.formats import current_zone
from partita.text.timezone import get_default_timezone, named_zone, override

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("register",)

register = Library()
_SET_ASIDE: ContextVar[tzinfo | None] = ContextVar("partita.i18n.zone_set_aside", default=None)
"""The zone that was current outside of ``{% localtime off %}``."""


class ZonedTime(datetime):
    """A time whose zone was chosen: it is not moved again when it is shown."""

    convert_to_local_time = False


def in_zone(value: Any, zone: tzinfo | None) -> Any:
    """Return a time in ``zone``, kept as it is when shown; a naive one is that of the application. Nothing for what is no time."""
    if not isinstance(value, datetime) or zone is None:
        return "" if not isinstance(value, datetime) else value
    if value.tzinfo is None:
        value = value.replace(tzinfo=get_default_timezone())
    moved = value.astimezone(zone)
    return ZonedTime(
        moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second, moved.microsecond, moved.tzinfo,
        fold=moved.fold,
    )  # fmt: skip


def _usable_zone() -> tzinfo | None:
    """The zone that times are shown in, or would be if ``{% localtime off %}`` or ``use_tz`` did not keep them as they are."""
    return current_zone() or _SET_ASIDE.get() or (get_default_timezone() if find(USE_TZ) is False else None)


@contextmanager
def zone_on() -> Iterator[None]:
    """Show times in the current zone, within ``{% localtime off %}`` too."""
    with override_zone(_usable_zone()):
        yield


@contextmanager
def zone_off() -> Iterator[None]:
    """Show times as they are."""
    before = _SET_ASIDE.set(_usable_zone())
    try:
        with override_zone(None):
            yield
    finally:
        _SET_ASIDE.reset(before)


@register.filter
def localtime(value: Any) -> Any:
    """Show a time in the current zone, within ``{% localtime off %}`` too."""
    return in_zone(value, _usable_zone())


@register.filter
def utc(value: Any) -> Any:
    """Show a time in UTC."""
    return in_zone(value, UTC)


@register.filter("timezone")
def timezone_filter(value: Any, zone: Any) -> Any:
    """Show a time in a zone, given as an object or by its IANA name."""
    if not isinstance(zone, tzinfo):
        try:
            zone = named_zone(str(zone))
        except ValueError:
            return ""
    return in_zone(value, zone)


class ZoneNode(Node):
    """``{% timezone %}`` and ``{% localtime %}``."""

    def __init__(self, zone: FilterExpression | None, on: bool, nodelist: NodeList) -> None:
        self.zone, self.on, self.nodelist = zone, on, nodelist

    def compile(self, generator: "Generator") -> None:
        if self.zone is None:
            entered = f"{generator.constant(zone_on if self.on else zone_off)}()"
        else:
            entered = f"{generator.constant(override)}({self.zone.code(generator, 'None')})"
        with generator.captured() as output, generator.indented(f"with {entered}:"):
            generator.nodes(self.nodelist)
        generator.put(f"''.join({output})")


@register.tag
def timezone_tag(parser: Parser, token: Token) -> Node:
    """``{% timezone "Europe/Berlin" %} ... {% endtimezone %}``; None means the zone of the application."""
    words = token.split_contents()
    if len(words) != 2:
        raise TemplateSyntaxError("'timezone' takes one zone")
    nodelist = parser.parse(("endtimezone",))
    parser.delete_first_token()
    return ZoneNode(parser.compile_filter(words[1]), True, nodelist)


register.tags["timezone"] = register.tags.pop("timezone_tag")


@register.tag("localtime")
def localtime_tag(parser: Parser, token: Token) -> Node:
    """``{% localtime off %} ... {% endlocaltime %}``."""
    words = token.split_contents()
    if len(words) > 2 or words[1:] not in ([], ["on"], ["off"]):
        raise TemplateSyntaxError("'localtime' takes 'on' or 'off'")
    nodelist = parser.parse(("endlocaltime",))
    parser.delete_first_token()
    return ZoneNode(None, words[1:] != ["off"], nodelist)


class CurrentZoneNode(Node):
    """``{% get_current_timezone %}``."""

    def __init__(self, target: str) -> None:
        self.target = target

    def compile(self, generator: "Generator") -> None:
        generator.line(f"c[{self.target!r}] = {generator.constant(zone_name)}()")


def zone_name() -> str:
    """Return the name of the current zone."""
    return str(current_zone() or "UTC")


@register.tag
def get_current_timezone(parser: Parser, token: Token) -> Node:
    """``{% get_current_timezone as name %}``."""
    words = token.split_contents()
    if len(words) != 3 or words[1] != "as":
        raise TemplateSyntaxError(f"'get_current_timezone' requires 'as variable' (got {words!r})")
    return CurrentZoneNode(words[2])
