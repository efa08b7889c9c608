"""What error reports hide."""

import re
from collections.abc import Mapping
from typing import Any

from partita.http import MultiDict, Request
from partita.views.sensitive import ALL, SENSITIVE_POST

__all__ = ("MASK", "Mask", "is_telling")

MASK = "**********"
_TELLING = re.compile(
    r"pass|secret|token|key|credential|private|salt|dsn|auth|cookie|session|signature|csrf|(?:^|[_-])api(?:[_-]|$)",
    re.I,
)
_CREDENTIALS = re.compile(r"(://[^\s:/@'\"]{0,200}:)[^\s/@'\"]{1,200}@")  # of a URL
_SHOWN = 200  # characters of one value
_DEPTH = 4


class Mask:
    """Says which values are hidden, by their names; inherit it for rules of your own."""

    cleansed_substitute: str = MASK
    """Stands for what is hidden."""
    hidden_settings: "re.Pattern[str]" = _TELLING
    """Found in the names of what is hidden."""

    def hides(self, name: str) -> bool:
        """Tell whether a value of this name had better not be shown."""
        return self.hidden_settings.search(name) is not None

    def shown(self, name: str, value: object) -> str:
        """Return ``value`` as it is shown: its repr, cut short, or a mask."""
        if self.hides(name):
            return self.cleansed_substitute
        try:
            shown = repr(self._inside(value, 0))
        except Exception as error:  # noqa: BLE001 - anybody's __repr__ may fail in any way
            shown = f"<{type(value).__qualname__}; repr() raised {type(error).__qualname__}>"
        # Twice as much as is shown, so that a password is not cut before what tells that it is one.
        shown = _CREDENTIALS.sub(lambda found: f"{found[1]}{self.cleansed_substitute}@", shown[: 2 * _SHOWN + 1])
        return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"

    def variables(self, values: Mapping[str, object], hidden: tuple[str, ...] = ()) -> dict[str, str]:
        """Return the variables of a frame as they are shown.

        Args:
            values: By name.
            hidden: Names that a decorator asks to hide; `ALL` among them hides everything.
        """
        everything = ALL in hidden
        return {
            name: self.cleansed_substitute if everything or name in hidden else self.shown(name, value)
            for name, value in sorted(values.items())
        }

    def form(self, request: Request) -> dict[str, str]:
        """Return the fields of a form as they are shown, if somebody has read it; a report reads nothing itself."""
        form = request._form
        return {} if form is None else self.variables(form.dict(), self.hidden_fields(request))

    def hidden_fields(self, request: Request) -> tuple[str, ...]:
        """Return the fields of the form that a decorator of the view asks to hide."""
        return request.state.get(SENSITIVE_POST) or ()

    def _inside(self, value: Any, depth: int) -> Any:
        # The name that tells may stand some levels down.
        if type(value) is dict and depth < _DEPTH:
            return {
                key: self.cleansed_substitute
                if isinstance(key, str) and self.hides(key)
                else self._inside(each, depth + 1)
                for key, each in list(value.items())[:100]
            }
        if type(value) in {list, tuple} and depth < _DEPTH:
            return type(value)([self._inside(each, depth + 1) for each in value[:100]])
        if isinstance(value, MultiDict) and depth < _DEPTH:
            return {name: self.cleansed_substitute if self.hides(name) else each for name, each in value.lists()[:100]}
        return value


def is_telling(name: str) -> bool:
    """Tell whether a value of this name had better not be shown."""
    return _TELLING.search(name) is not None
