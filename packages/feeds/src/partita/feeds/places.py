"""Places of items: GeoRSS Simple (https://docs.ogc.org/cs/17-002r1/17-002r1.html), or the W3C's vocabulary."""

from collections.abc import Iterable
from typing import Literal

from partita.feeds.values import Item
from partita.feeds.xml import XmlWriter

__all__ = ("Geo", "write_place")

Geo = Literal["georss", "w3c"]


def write_place(xml: XmlWriter, item: Item, geo: Geo = "georss") -> None:
    """Write where an item belongs. The W3C's vocabulary has points only; the rest is GeoRSS in any case."""
    if item.point is not None and geo == "w3c":
        xml.element("geo:lat", item.point[0])
        xml.element("geo:long", item.point[1])
    elif item.point is not None:
        xml.element("georss:point", _numbers([item.point]))
    if item.line:
        xml.element("georss:line", _numbers(item.line))
    if item.polygon:
        xml.element("georss:polygon", _numbers(item.polygon))
    if item.box is not None:
        xml.element("georss:box", _numbers([item.box]))


def _numbers(points: Iterable[tuple[float, ...]]) -> str:
    return " ".join(str(number) for point in points for number in point)
