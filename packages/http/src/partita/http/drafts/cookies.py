"""The cookies of a response as the standard library has them, to be looked at and changed."""

import re
from collections.abc import Iterable
from http.cookies import CookieError, Morsel, SimpleCookie

from partita.http.cookies import parse_cookies

__all__ = ("jar_of",)

_NUMBER = re.compile(r"[0-9]{1,19}")


class _Morsel(Morsel[str]):
    """Knows ``Partitioned``, which the standard library does from Python 3.14 on; before that it drops a cookie that has it."""

    _reserved = {**Morsel._reserved, "partitioned": "Partitioned"}  # type: ignore[attr-defined]  # there is no other way to add one
    _flags = {*Morsel._flags, "partitioned"}  # type: ignore[attr-defined]  # see above


def jar_of(fields: Iterable[str]) -> "SimpleCookie":
    """Return the cookies that the values of ``Set-Cookie`` set; what is no cookie is left out."""
    jar = SimpleCookie()
    for field in fields:
        pair, *attributes = field.split(";")
        for name, value in parse_cookies(pair).items():
            morsel = _Morsel()
            try:
                morsel.set(name, value, pair.partition("=")[2].strip())
            except CookieError:
                break
            _describe(morsel, attributes)
            dict.__setitem__(jar, name, morsel)  # as given: the jar would make one of its own kind
    return jar


def _describe(morsel: "Morsel[str]", attributes: Iterable[str]) -> None:
    for attribute in attributes:
        key, equals, value = attribute.strip().partition("=")
        if morsel.isReservedKey(key):
            morsel[key] = (
                (int(value) if key.lower() == "max-age" and _NUMBER.fullmatch(value) else value) if equals else True
            )
