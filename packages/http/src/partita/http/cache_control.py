"""The ``Cache-Control`` field (RFC 9111, section 5.2; RFC 5861; RFC 8246)."""

import re
from collections.abc import Iterator
from datetime import timedelta

import msgspec

from partita.http.errors import HeaderSyntaxError

__all__ = ("CacheControl", "parse_cache_control")

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_DIRECTIVE = re.compile(
    rf'[ \t]*({_TOKEN})(?:=({_TOKEN}|"[\t !#-\[\]-~]*+(?:\\[\t -~][\t !#-\[\]-~]*+)*+"))?[ \t]*(?:,|\Z)|[ \t]*(?:,|\Z)'
)
_NAMES = re.compile(rf"{_TOKEN}(, {_TOKEN})*")
_SECONDS = ("max_age", "s_maxage", "stale_while_revalidate", "stale_if_error")
_FLAGS = ("no_store", "public", "must_revalidate", "proxy_revalidate", "must_understand", "no_transform", "immutable")
_MAX = 2_147_483_648  # RFC 9111, section 1.2.2: what caches take larger numbers for

Seconds = int | timedelta


class CacheControl(msgspec.Struct, frozen=True, kw_only=True):
    """What caches may do with a response; `Response.with_cache_control` puts it there.

    Args:
        max_age: Seconds for which it is fresh.
        s_maxage: The same for caches that several people share.
        stale_while_revalidate: Seconds for which it may be used while a new one is fetched.
        stale_if_error: Seconds for which it may be used if that fails.
        no_store: It may not be kept at all.
        no_cache: It may be used only after asking again; or names of fields for which that holds.
        private: Only the user's own browser may keep it; or names of fields for which that holds.
        public: Any cache may keep it, even where it would not without this.
        must_revalidate: Nobody may use it once it is stale.
        proxy_revalidate: Shared caches may not.
        must_understand: Only a cache that knows the rules of the status code may keep it.
        no_transform: Nobody may change its bytes.
        immutable: It will not change while it is fresh.
        extensions: Other directives, pairs of name and value; the value may be None.

    Raises:
        ValueError: If it says two things that exclude each other, or a number is negative.
    """

    max_age: Seconds | None = None
    s_maxage: Seconds | None = None
    stale_while_revalidate: Seconds | None = None
    stale_if_error: Seconds | None = None
    no_store: bool = False
    no_cache: bool | tuple[str, ...] = False
    private: bool | tuple[str, ...] = False
    public: bool = False
    must_revalidate: bool = False
    proxy_revalidate: bool = False
    must_understand: bool = False
    no_transform: bool = False
    immutable: bool = False
    extensions: tuple[tuple[str, str | None], ...] = ()

    def __post_init__(self) -> None:
        if self.public and self.private is True:
            raise ValueError("A response is public or private, not both")
        for name in _SECONDS:
            value = getattr(self, name)
            if value is not None and _seconds(value) < 0:
                raise ValueError(f"{name} is {value}; it must not be negative")
        for fields in (self.no_cache, self.private):
            if isinstance(fields, tuple) and not _NAMES.fullmatch(", ".join(fields)):
                raise HeaderSyntaxError("Cache-Control", ", ".join(fields), "names of fields")
        for name, value in self.extensions:
            if not re.fullmatch(_TOKEN, name) or re.search(r"[^\t -~]", value or ""):
                raise HeaderSyntaxError("Cache-Control", f"{name}={value}", "a token and visible ASCII")

    @classmethod
    def never(cls) -> "CacheControl":
        """Return what keeps every cache from keeping a response."""
        return cls(max_age=0, no_cache=True, no_store=True, must_revalidate=True, private=True)

    def merged(self, other: "CacheControl") -> "CacheControl":
        """Return what both ask for; where they differ, the stricter one: no cache may do more than before.

        An explicit ``public`` or ``private`` of ``other`` replaces that of this one, as in Django.
        """
        changes: dict[str, object] = {name: getattr(self, name) or getattr(other, name) for name in _FLAGS}
        for name in _SECONDS:
            known = [value for value in (getattr(self, name), getattr(other, name)) if value is not None]
            changes[name] = min(known, key=_seconds) if known else None
        changes["no_cache"] = _both(self.no_cache, other.no_cache)
        if other.public:
            changes["public"], changes["private"] = True, False
        elif other.private is True:
            changes["public"], changes["private"] = False, True
        else:
            changes["private"] = _both(self.private, other.private)
        names = {name for name, _ in other.extensions}
        kept = tuple([pair for pair in self.extensions if pair[0] not in names])
        return msgspec.structs.replace(self, extensions=(*kept, *other.extensions), **changes)

    def _directives(self) -> Iterator[str]:
        for name in ("public", "private", "no_store", "no_cache"):
            value = getattr(self, name)
            if value:
                label = name.replace("_", "-")
                yield f'{label}="{", ".join(value)}"' if isinstance(value, tuple) else label
        for name in _SECONDS:
            value = getattr(self, name)
            if value is not None:
                yield f"{name.replace('_', '-')}={min(_seconds(value), _MAX)}"
        for name in ("must_revalidate", "proxy_revalidate", "must_understand", "no_transform", "immutable"):
            if getattr(self, name):
                yield name.replace("_", "-")
        for name, text in self.extensions:
            if text is None:
                yield name
            elif re.fullmatch(_TOKEN, text):
                yield f"{name}={text}"
            else:
                escaped = text.replace("\\", "\\\\").replace('"', '\\"')
                yield f'{name}="{escaped}"'

    def __str__(self) -> str:
        return ", ".join(self._directives())


def parse_cache_control(value: str) -> CacheControl:
    """Read a field value.

    Numbers that cannot be read count as 0, so that what is broken is stale rather than fresh (section 4.2.1). The first of
    several directives with one name wins.

    Raises:
        HeaderSyntaxError: If it is not a list of directives.
    """
    found: dict[str, str | None] = {}
    at = 0
    while at < len(value):
        match = _DIRECTIVE.match(value, at)
        if match is None:
            raise HeaderSyntaxError("Cache-Control", value, "directives separated by commas")
        at = match.end()
        if match[1]:
            found.setdefault(match[1].lower(), _unquoted(match[2]))
    known: dict[str, object] = {}
    extensions = []
    for label, text in found.items():
        name = label.replace("-", "_")
        if name in _SECONDS:
            known[name] = min(int(text), _MAX) if text and text.isascii() and text.isdigit() and len(text) < 19 else 0
        elif name in _FLAGS:
            known[name] = True
        elif name in {"no_cache", "private"}:
            names = tuple([part.strip() for part in (text or "").split(",") if part.strip()])
            known[name] = names if names and _NAMES.fullmatch(", ".join(names)) else True
        else:
            extensions.append((label, text))
    if known.get("private") is True:
        known.pop("public", None)  # both is nonsense; the careful reading is the private one
    return CacheControl(extensions=tuple(extensions), **known)  # type: ignore[arg-type]  # checked by name above


def _unquoted(text: str | None) -> str | None:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text and text[0] == '"' else text


def _seconds(value: Seconds) -> int:
    return int(value.total_seconds()) if isinstance(value, timedelta) else int(value)


def _both(one: bool | tuple[str, ...], other: bool | tuple[str, ...]) -> bool | tuple[str, ...]:
    if isinstance(one, tuple) and isinstance(other, tuple):
        return tuple(dict.fromkeys((*one, *other)))
    return True if one is True or other is True else one or other
