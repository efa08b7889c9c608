"""Media types with their parameters (RFC 9110, section 8.3)."""

import re
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from partita.http.errors import HeaderSyntaxError

__all__ = ("MediaType", "parse_media_type", "parse_parameters")

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_TYPE = re.compile(rf"[ \t]*({_TOKEN})/({_TOKEN})[ \t]*")
# Each alternative begins differently, so a match that fails has looked at each character once (CVE-2026-84429);
# and nothing in quotes is given back, so that no memory goes into noting where to begin again.
_PARAMETER = re.compile(rf';[ \t]*(?:({_TOKEN})=(?:({_TOKEN})|"([^"\\]*+(?:\\[\t -\xff][^"\\]*+)*+)"))?[ \t]*')
_ESCAPE = re.compile(r"\\(.)")
_EMPTY: Mapping[str, str] = MappingProxyType({})


class MediaType(msgspec.Struct, frozen=True):
    """A type such as ``text/html; charset=utf-8``; type, subtype and names of parameters in lower case."""

    type: str
    subtype: str
    parameters: Mapping[str, str] = _EMPTY

    @property
    def essence(self) -> str:
        """The type without parameters, such as ``text/html``."""
        return f"{self.type}/{self.subtype}"


def parse_media_type(value: str) -> MediaType:
    """Read the value of a ``Content-Type`` header.

    Raises:
        HeaderSyntaxError: If it is not one media type.
    """
    found = _TYPE.match(value)
    if found is None:
        raise HeaderSyntaxError("Content-Type", value, "a media type, such as text/html")
    return MediaType(found[1].lower(), found[2].lower(), parse_parameters("Content-Type", value, found.end()) or _EMPTY)


def parse_parameters(header: str, value: str, start: int = 0) -> Mapping[str, str]:
    """Read ``; name=value`` to the end of ``value``; the first of two with one name wins.

    Args:
        header: Its name, for the error.
        value: The whole value.
        start: Where the first semicolon stands.

    Raises:
        HeaderSyntaxError: If something else stands there.
    """
    parameters: dict[str, str] = {}
    while start < len(value):
        found = _PARAMETER.match(value, start)
        if found is None:
            raise HeaderSyntaxError(header, value[start:], "parameters such as ; charset=utf-8")
        name, token, quoted = found.groups()
        if name is not None:
            parameters.setdefault(name.lower(), token if quoted is None else _ESCAPE.sub(r"\1", quoted))
        start = found.end()
    return MappingProxyType(parameters)
