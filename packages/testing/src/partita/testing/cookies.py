"""A cookie jar for one client: what a browser would keep and send (RFC 6265)."""

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

import msgspec

__all__ = ("Cookie", "CookieJar", "CookieText")

_ATTRIBUTES = re.compile(r";[ \t]*")


class Cookie(msgspec.Struct, frozen=True):
    """One cookie with the attributes that decide where it is sent."""

    name: str
    value: str
    host: str
    """The host that set it, or the domain it named."""
    path: str = "/"
    expires: datetime | None = None
    secure: bool = False
    httponly: bool = False
    samesite: str = ""
    host_only: bool = True
    """Whether subdomains do not get it; a cookie without ``Domain`` stays so."""
    attributes: Mapping[str, str] = MappingProxyType({})
    """What its ``Set-Cookie`` said, by names in lower case."""


class CookieText(str):
    """The value of a cookie, which also has the attributes that the standard library's morsels have."""

    __slots__ = ("_cookie",)

    _cookie: Cookie

    @classmethod
    def of(cls, cookie: Cookie) -> "CookieText":
        """Return the value of ``cookie``."""
        self = cls(cookie.value)
        self._cookie = cookie
        return self

    @property
    def key(self) -> str:
        """The name."""
        return self._cookie.name

    @property
    def value(self) -> str:
        """The value as plain text."""
        return self._cookie.value

    def __getitem__(self, key: Any) -> Any:  # what a text and a morsel take differs
        if not isinstance(key, str):
            return super().__getitem__(key)
        found = self._cookie.attributes.get(key.lower())
        if key.lower() in {"secure", "httponly", "partitioned"}:
            return "" if found is None else True  # as a morsel has it
        return int(found) if found and key.lower() == "max-age" and found.isdigit() else found or ""


class CookieJar(MutableMapping[str, str]):
    """The cookies of one client; as a mapping it shows values by name, and takes cookies for any host and path."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._cookies: dict[tuple[str, str, str], Cookie] = {}

    def __getitem__(self, name: str) -> CookieText:
        return CookieText.of(self.get_cookie(name))

    def __setitem__(self, name: str, value: str) -> None:
        for key in [key for key in self._cookies if key[2] == name]:
            del self._cookies[key]
        self._cookies["", "/", name] = Cookie(name, value, "", host_only=False)

    def __delitem__(self, name: str) -> None:
        keys = [key for key in self._cookies if key[2] == name]
        if not keys:
            raise KeyError(name)
        for key in keys:
            del self._cookies[key]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(cookie.name for cookie in self._alive()))

    def __len__(self) -> int:
        return len(list(iter(self)))

    def load(self, given: str | Mapping[str, object]) -> None:
        """Take cookies for any host and path: a mapping of names and values, or a text as in a ``Cookie`` field."""
        if isinstance(given, str):
            parts = (each.partition("=") for each in given.split(";"))
            given = {name.strip(): value.strip().strip('"') for name, equals, value in parts if equals}
        for name, value in given.items():
            self[name] = str(value)

    def get_cookie(self, name: str) -> Cookie:
        """Return a cookie with its attributes.

        Raises:
            KeyError: If there is none of this name.
        """
        for cookie in reversed(self._alive()):
            if cookie.name == name:
                return cookie
        raise KeyError(name)

    def take(self, field: str, host: str, path: str) -> None:
        """Keep, replace or drop a cookie as a ``Set-Cookie`` field says.

        Args:
            field: The field's value.
            host: Of the request, without port.
            path: Of the request.
        """
        pair, *attributes = _ATTRIBUTES.split(field)
        name, equals, value = pair.partition("=")
        name = name.strip(" \t")
        if not equals or not name:
            return  # browsers take it for a cookie without a name (CVE-2023-23934); we have no use for one
        given = {key.strip().lower(): text.strip() for key, _, text in (each.partition("=") for each in attributes)}
        domain = given.get("domain", "").lstrip(".").lower()
        if domain and not (host == domain or host.endswith(f".{domain}")):
            return
        where = given.get("path", "")
        cookie = Cookie(
            name,
            value.strip(" \t").strip('"'),
            domain or host,
            where if where.startswith("/") else path.rpartition("/")[0] or "/",
            self._expiry(given),
            "secure" in given,
            "httponly" in given,
            given.get("samesite", ""),
            not domain,
            given,
        )
        key = (cookie.host, cookie.path, name)
        self._cookies.pop(key, None)
        if cookie.expires is None or cookie.expires > self._now():
            self._cookies.pop(("", "/", name), None)
            self._cookies[key] = cookie

    def header(self, host: str, path: str, *, secure: bool) -> str:
        """Return the value of ``Cookie`` for a request, or nothing."""
        fitting = [
            cookie
            for cookie in self._alive()
            if (not cookie.secure or secure) and _host_fits(cookie, host) and _path_fits(cookie, path)
        ]
        fitting.sort(key=lambda cookie: -len(cookie.path))
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in fitting)

    def _alive(self) -> list[Cookie]:
        now = self._now()
        return [cookie for cookie in self._cookies.values() if cookie.expires is None or cookie.expires > now]

    def _expiry(self, given: dict[str, str]) -> datetime | None:
        age = given.get("max-age", "")
        if re.fullmatch(r"-?[0-9]{1,10}", age):
            return datetime.fromtimestamp(self._now().timestamp() + int(age), UTC)
        try:
            found = parsedate_to_datetime(given["expires"])
        except (KeyError, ValueError, TypeError):
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)


def _host_fits(cookie: Cookie, host: str) -> bool:
    return not cookie.host or host == cookie.host or (not cookie.host_only and host.endswith(f".{cookie.host}"))


def _path_fits(cookie: Cookie, path: str) -> bool:
    return path == cookie.path or path.startswith(cookie.path if cookie.path.endswith("/") else f"{cookie.path}/")
