"""What only a person can know about a change of models."""

import datetime as dt
import sys
from collections.abc import Callable
from typing import Protocol

from partita.migrations.errors import Unanswered

__all__ = ("Answers", "Ask", "Questioner", "Refuse")


class Questioner(Protocol):
    """Answers questions that the models leave open."""

    def renamed_model(self, app_label: str, old: str, new: str) -> bool:
        """Tell whether ``new`` is ``old`` under another name."""
        ...

    def renamed_field(self, model: str, old: str, new: str) -> bool:
        """Tell whether a field ``new`` is ``old`` under another name."""
        ...

    def default_for(self, model: str, field: str, *, new: bool) -> object:
        """Return what goes into rows that have no value for a field that must not be NULL.

        Args:
            model: Its label.
            field: Its name.
            new: Whether the column is new, or was allowed to be NULL before.
        """
        ...


class Refuse:
    """Takes renames for what they may not be: a removal and an addition; has no value for any column."""

    __slots__ = ()

    def renamed_model(self, app_label: str, old: str, new: str) -> bool:
        """No."""
        return False

    def renamed_field(self, model: str, old: str, new: str) -> bool:
        """No."""
        return False

    def default_for(self, model: str, field: str, *, new: bool) -> object:
        """Raise Unanswered."""
        raise Unanswered(_question(model, field, new))


class Answers:
    """Gives answers known before.

    Args:
        renames: Pairs of old and new: ``"shop.Album"`` and ``"shop.Record"``, ``"shop.Album.title"`` and
            ``"shop.Album.name"``.
        defaults: Values by ``"shop.Album.title"``.
    """

    __slots__ = ("_defaults", "_renames")

    def __init__(self, renames: dict[str, str] | None = None, defaults: dict[str, object] | None = None) -> None:
        self._renames, self._defaults = renames or {}, defaults or {}

    def renamed_model(self, app_label: str, old: str, new: str) -> bool:
        """Whether it is among the renames."""
        return self._renames.get(f"{app_label}.{old}") == f"{app_label}.{new}"

    def renamed_field(self, model: str, old: str, new: str) -> bool:
        """Whether it is among the renames."""
        return self._renames.get(f"{model}.{old}") == f"{model}.{new}"

    def default_for(self, model: str, field: str, *, new: bool) -> object:
        """The default given for it."""
        try:
            return self._defaults[f"{model}.{field}"]
        except KeyError:
            raise Unanswered(_question(model, field, new)) from None


class Ask:
    """Asks the person at the terminal.

    Args:
        ask: Shows a question, returns a line.
    """

    __slots__ = ("_ask",)

    def __init__(self, ask: Callable[[str], str] = input) -> None:
        self._ask = ask

    def renamed_model(self, app_label: str, old: str, new: str) -> bool:
        """Ask."""
        return self._yes(f"Was the model {app_label}.{old} renamed to {new}? [y/N] ")

    def renamed_field(self, model: str, old: str, new: str) -> bool:
        """Ask."""
        return self._yes(f"Was {model}.{old} renamed to {new}? [y/N] ")

    def default_for(self, model: str, field: str, *, new: bool) -> object:
        """Ask for a Python expression; `datetime` is at hand."""
        prompt = f"{_question(model, field, new)}\nA value for rows there are (Python), or nothing to stop: "
        while True:
            text = self._ask(prompt).strip()
            if not text:
                raise Unanswered(_question(model, field, new))
            try:
                # The person at the terminal may run anything here anyway.
                return eval(text, {"datetime": dt, "dt": dt})
            except Exception as error:  # noqa: BLE001 - whatever the expression raises is shown, and asked again
                prompt = f"{type(error).__name__}: {error}\nOnce more: "

    def _yes(self, question: str) -> bool:
        return self._ask(question).strip().lower() in {"y", "yes"}


def questioner(*, interactive: bool) -> Questioner:
    """Return one that asks, if there is a terminal to ask at."""
    return Ask() if interactive and sys.stdin is not None and sys.stdin.isatty() else Refuse()


def _question(model: str, field: str, new: bool) -> str:
    if new:
        return f"{model}.{field} is new and must not be NULL, but has no default."
    return f"{model}.{field} must not be NULL any more, but has no default."
