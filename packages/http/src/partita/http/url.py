"""Addresses as values: read, compared, and changed into new ones (RFC 3986)."""

import re
from collections.abc import Iterable, Mapping
from typing import Self
from urllib.parse import quote, urlsplit, urlunsplit

from partita.http.errors import BadRequest
from partita.http.multidict import MultiDict
from partita.http.query import parse_query

__all__ = ("URL",)

_SAFE = "%/:?#[]@!$&'()*+,;=~"
_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
_MANY = 10_000
_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.\-]*)?")
_ENDS_A_HOST = re.compile(r"[/?#@\\\x00-\x20\x7f]")  # or makes what stands before it a user


class URL:
    """An address, absolute or not. It cannot be changed; each ``with_...`` gives a new one.

    Args:
        address: What may not stand in an address is escaped.

    Raises:
        ValueError: If it cannot be read, as with a port that is no number.
    """

    __slots__ = ("_parts", "_text")

    def __init__(self, address: object) -> None:
        text = quote(str(address), safe=_SAFE)
        self._parts = urlsplit(text)
        _ = self._parts.port  # read now, so that what is wrong shows here
        self._text = text

    @classmethod
    def _of(cls, scheme: str, authority: str, path: str, query: str, fragment: str) -> Self:
        return cls(urlunsplit((scheme, authority, path, query, fragment)))

    @property
    def scheme(self) -> str:
        """In lower case; empty if it is relative."""
        return self._parts.scheme

    @property
    def authority(self) -> str:
        """User, host and port as they stand there."""
        return self._parts.netloc

    @property
    def host(self) -> str:
        """In lower case, without brackets and port; empty without one."""
        return self._parts.hostname or ""

    @property
    def port(self) -> int | None:
        """The one that is named, or else that of the scheme."""
        return self._parts.port or _PORTS.get(self.scheme)

    @property
    def username(self) -> str | None:
        """Escaped, as it stands there."""
        return self._parts.username

    @property
    def path(self) -> str:
        """Escaped, as it stands there."""
        return self._parts.path

    @property
    def query_string(self) -> str:
        """Without the question mark."""
        return self._parts.query

    @property
    def query(self) -> MultiDict[str]:
        """The parameters of the query.

        Raises:
            ValueError: If there are more than ten thousand.
        """
        try:
            return MultiDict(parse_query(self._parts.query.encode(), _MANY))
        except BadRequest as error:
            raise ValueError(str(error)) from error

    @property
    def fragment(self) -> str:
        """What follows the hash."""
        return self._parts.fragment

    @property
    def is_absolute(self) -> bool:
        """Whether it names scheme and host."""
        return bool(self.scheme and self.authority)

    @property
    def is_secure(self) -> bool:
        """Whether it is of a scheme over TLS."""
        return self.scheme in {"https", "wss"}

    def with_path(self, path: str) -> Self:
        """Return the address of another path on the same host, with neither query nor fragment.

        Args:
            path: Begins with a slash. A question mark or a hash in it is a part of it; a per cent sign begins an escape.
        """
        if path and not path.startswith("/"):
            path = f"/{path}"  # or it could be the scheme of another address
        elif path.startswith("//") and not self.authority:
            path = f"/.{path}"  # or its first part would be a host (WHATWG URL, section 4.5)
        return self._of(self.scheme, self.authority, path.replace("?", "%3F").replace("#", "%23"), "", "")

    def with_query(self, query: Mapping[str, object] | Iterable[tuple[str, object]] = ()) -> Self:
        """Return the address with these parameters in the place of all it has."""
        return self._of(self.scheme, self.authority, self.path, MultiDict(query).urlencode(), self.fragment)

    def with_params(self, **params: object) -> Self:
        """Return the address with each of these parameters set to one value, and the others as they are; None takes one out."""
        query: MultiDict[object] = MultiDict(self.query.pairs())
        for name, value in params.items():
            query = query.without(name) if value is None else query.with_value(name, value)
        return self.with_query(query.pairs())

    def with_fragment(self, fragment: str) -> Self:
        """Return the address with another fragment; an empty one takes it out."""
        return self._of(self.scheme, self.authority, self.path, self.query_string, fragment)

    def with_scheme(self, scheme: str) -> Self:
        """Return the address with another scheme.

        Raises:
            ValueError: If it is none.
        """
        if not _SCHEME.fullmatch(scheme):
            raise ValueError(
                f"{scheme[:40]!r} is no scheme: it begins with a letter, and has letters, digits and +-. only"
            )
        return self._of(scheme, self.authority, self.path, self.query_string, self.fragment)

    def with_host(self, host: str, port: int | None = None) -> Self:
        """Return the address on another host, without a user.

        Args:
            host: A name, or an address; one of IPv6 with or without brackets.
            port: Only if it is another than the scheme's.

        Raises:
            ValueError: If the host holds what would end it, or make a user of it.
        """
        if _ENDS_A_HOST.search(host):
            raise ValueError(f"{host[:80]!r} is no host: it holds a space, a control, or one of /?#@\\")
        name = f"[{host}]" if ":" in host and not host.startswith("[") else host
        authority = name if port is None else f"{name}:{port}"
        return self._of(self.scheme, authority, self.path, self.query_string, self.fragment)

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        """Hide the password."""
        shown = self._text
        if self._parts.password:
            user, _, host = self.authority.rpartition("@")
            shown = shown.replace(self.authority, f"{user.partition(':')[0]}:***@{host}", 1)
        return f"URL({shown!r})"

    def __eq__(self, other: object) -> bool:
        return str(other) == self._text if isinstance(other, URL | str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._text)
