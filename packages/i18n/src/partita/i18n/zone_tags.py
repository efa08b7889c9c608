"""The tag library ``tz``; needs partita-templates."""

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from partita.i18n.translations import override_zone
from partita.templates import FilterExpression, Library, Node, NodeList, Parser, TemplateSyntaxError, Token
from partita.text.formats import current_zone

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("register",)

register = Library()


class ZonedTime(datetime):
    """A time whose zone was chosen: it is not moved again when it is shown."""

    convert_to_local_time = False


def in_zone(value: Any, zone: tzinfo | None) -> Any:
    """Return an aware time in ``zone``, kept as it is when shown; nothing for what is no aware time."""
    if not isinstance(value, datetime) or value.tzinfo is None or zone is None:
        return "" if not isinstance(value, datetime) else value
    moved = value.astimezone(zone)
    return ZonedTime(
        moved.year, moved.month, moved.day, moved.hour, moved.minute, moved.second, moved.microsecond, moved.tzinfo,
        fold=moved.fold,
    )  # fmt: skip


@register.filter
def localtime(value: Any) -> Any:
    """Show a time in the current zone."""
    return in_zone(value, current_zone())


@register.filter
def utc(value: Any) -> Any:
    """Show a time in UTC."""
    return in_zone(value, UTC)


@register.filter("timezone")
def timezone_filter(value: Any, zone: Any) -> Any:
    """Show a time in a zone, given as an object or by its IANA name."""
    if not isinstance(zone, tzinfo):
        try:
            zone = ZoneInfo(str(zone)[:100])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ""
    return in_zone(value, zone)


class ZoneNode(Node):
    """``{% timezone %}`` and ``{% localtime %}``."""

    def __init__(self, zone: FilterExpression | None, on: bool, nodelist: NodeList) -> None:
        self.zone, self.on, self.nodelist = zone, on, nodelist

    def compile(self, generator: "Generator") -> None:
        if self.zone is None and self.on:
            generator.nodes(self.nodelist)
            return
        zone = self.zone.code(generator, "None") if self.zone is not None else "None"
        with (
            generator.captured() as output,
            generator.indented(f"with {generator.constant(override_zone)}({zone}):"),
        ):
            generator.nodes(self.nodelist)
        generator.put(f"''.join({output})")


@register.tag
def timezone_tag(parser: Parser, token: Token) -> Node:
    """``{% timezone "Europe/Berlin" %} ... {% endtimezone %}``."""
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
