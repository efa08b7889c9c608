"""SQL types whose values travel as text, which every driver takes and gives alike."""

from typing import Any

from sqlalchemy import Text, cast, type_coerce
from sqlalchemy.types import UserDefinedType

__all__ = ("LiteralType", "stored")


class LiteralType(UserDefinedType[Any]):
    """A type of PostgreSQL whose parameters are sent as text and cast there.

    Drivers disagree about the Python values of such types, and asyncpg refuses text where it expects one of its own.

    Args:
        name: The type's name in SQL; a constant of the code.
    """

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **options: Any) -> str:
        """The name."""
        return self.name

    def plain(self) -> UserDefinedType[Any]:
        """The same type for casts of what is no parameter."""
        return _Plain(self.name)

    def bind_expression(self, bindvalue: Any) -> Any:
        """The parameter as text, cast to this type."""
        return cast(cast(type_coerce(bindvalue, Text()), Text()), self.plain())


class _Plain(UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **options: Any) -> str:
        return self.name


def stored(mark: str, name: str, dialect: str) -> str:
    """Return a parameter's ``mark`` with the casts that such a type needs where it is stored."""
    return f"CAST(CAST({mark} AS TEXT) AS {name})" if dialect == "postgresql" else mark
