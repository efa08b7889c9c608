"""What happens to rows whose relation's target is deleted."""

from collections.abc import Callable
from typing import Any

__all__ = (
    "CASCADE",
    "DB_CASCADE",
    "DB_SET_DEFAULT",
    "DB_SET_NULL",
    "DO_NOTHING",
    "PROTECT",
    "RESTRICT",
    "SET",
    "SET_DEFAULT",
    "SET_NULL",
    "Rule",
)


class Rule:
    """The answer to the question; compare by identity, except `SET`, which carries a value."""

    __slots__ = ("name", "value")

    def __init__(self, name: str, value: Any = None) -> None:
        self.name, self.value = name, value

    def __repr__(self) -> str:
        return self.name if self.name != "SET" else f"SET({self.value!r})"

    @property
    def in_database(self) -> str | None:
        """What SQL calls the rule where the database follows it; None where Python does."""
        return self.name.removeprefix("DB_").replace("_", " ") if self.name.startswith("DB_") else None

    def is_computed(self, field: Any) -> bool:
        """Return whether a function of the user's gives the new value."""
        return callable(field.default if self.name == "SET_DEFAULT" else self.value)

    def new_value(self, field: Any) -> Any:
        """Return what the relation's column becomes."""
        if self.name == "SET_DEFAULT":
            return field.get_default()
        return self.value() if callable(self.value) else self.value


CASCADE = Rule("CASCADE")
PROTECT = Rule("PROTECT")
RESTRICT = Rule("RESTRICT")
SET_NULL = Rule("SET_NULL")
SET_DEFAULT = Rule("SET_DEFAULT")
DO_NOTHING = Rule("DO_NOTHING")
# The database does these by itself, in the statement that deletes the row pointed to; no signal tells of it.
DB_CASCADE = Rule("DB_CASCADE")
DB_SET_NULL = Rule("DB_SET_NULL")
DB_SET_DEFAULT = Rule("DB_SET_DEFAULT")


def SET(value: Any | Callable[[], Any]) -> Rule:
    """Set the relation to ``value``, or to what it returns."""
    return Rule("SET", value)
