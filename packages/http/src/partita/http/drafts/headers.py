"""Headers with Django's API: those of a response, which can be changed, and those of a request, which are read from ``META``."""

from collections.abc import Iterator, Mapping

from partita.http.headers import Headers, encode_field

__all__ = ("DraftHeaders", "HttpHeaders")

_PREFIX = "HTTP_"
_BARE = ("CONTENT_TYPE", "CONTENT_LENGTH")


class DraftHeaders(Headers):
    """Headers that can be changed."""

    __slots__ = ()

    def __setitem__(self, name: str, value: object) -> None:
        text = value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else str(value)
        field = encode_field(name, text)
        self._set((*[pair for pair in self._raw if pair[0] != field[0]], field))

    def __delitem__(self, name: str) -> None:
        """Take ``name`` out if it is there."""
        self._set(self.without(name).raw)

    def setdefault(self, name: str, value: object) -> str:
        """Give ``name`` this value unless it is there; return the one it has then."""
        if name not in self:
            self[name] = value
        return self[name]

    def pop(self, name: str, default: str | None = None) -> str | None:
        """Take ``name`` out; return its value, or ``default``."""
        value = self.get(name, default)
        del self[name]
        return value

    def update(self, fields: Mapping[str, object]) -> None:
        """Give each of these names its value."""
        for name, value in fields.items():
            self[name] = value

    def add(self, name: str, value: str) -> None:
        """Add a field beside others of that name."""
        self._set((*self._raw, encode_field(name, value)))

    __hash__ = None  # type: ignore[assignment]  # what can be changed is no key

    def _set(self, raw: tuple[tuple[bytes, bytes], ...]) -> None:
        self._raw, self._index, self._wire = raw, None, None
        # What was made of the fields as they were, and what was found of them.
        self.memo = self.completed = None
        self._joined_before = self.passed = ()


class HttpHeaders(Mapping[str, str]):
    """The fields of a request by name, without regard to case; underscores stand for hyphens, so templates can name them.

    Args:
        environ: As CGI has it (RFC 3875, section 4.1.18): ``HTTP_USER_AGENT`` is ``User-Agent``.
    """

    __slots__ = ("_fields",)

    def __init__(self, environ: Mapping[str, object]) -> None:
        self._fields: dict[str, tuple[str, str]] = {}
        for key, value in environ.items():
            name = self.parse_header_name(key)
            if name:
                self._fields[name.lower()] = (name, str(value))

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower().replace("_", "-")][1]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower().replace("_", "-") in self._fields

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._fields.values()])

    def __len__(self) -> int:
        return len(self._fields)

    def __repr__(self) -> str:
        return repr(dict(self.items()))

    @classmethod
    def parse_header_name(cls, key: str) -> str | None:
        """Return the name of the field that a key of the environment stands for; None if it stands for none."""
        if key.startswith(_PREFIX):
            key = key[len(_PREFIX) :]
        elif key not in _BARE:
            return None
        return key.replace("_", "-").title()

    @classmethod
    def to_wsgi_name(cls, name: str) -> str:
        """Return the key under which the environment has the field ``name``."""
        key = name.replace("-", "_").upper()
        return key if key in _BARE else f"{_PREFIX}{key}"

    @classmethod
    def to_asgi_name(cls, name: str) -> str:
        """Return ``name`` as HTTP/2 and ASGI write it."""
        return name.replace("-", "_").upper().replace("_", "-").lower()

    @classmethod
    def to_wsgi_names(cls, headers: Mapping[str, object]) -> dict[str, object]:
        """Return fields under the keys of the environment."""
        return {cls.to_wsgi_name(name): value for name, value in headers.items()}
