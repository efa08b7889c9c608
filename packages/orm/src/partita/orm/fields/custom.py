"""What lets users' fields speak of databases in Django's way: ``db_type``, ``from_db_value``, ``get_db_prep_value``."""

from types import SimpleNamespace
from typing import Any

from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

__all__ = ("adapt", "has_column", "named_type", "stored", "stores_by_sql", "vendor_of")

_VENDORS = {"mariadb": "mysql"}


def vendor_of(dialect: str) -> Any:
    """Return what a field may ask of a connection: its ``vendor``."""
    return SimpleNamespace(vendor=_VENDORS.get(dialect, dialect), alias=None)


def named_type(field: Any) -> TypeEngine[Any]:
    """Return SQLAlchemy's type for a field that names its type by ``db_type(connection)``."""
    return _Named(field)


class _Written(UserDefinedType[Any]):
    cache_ok = True

    def __init__(self, text: str) -> None:
        self.text = text

    def get_col_spec(self, **_: Any) -> str:
        return self.text


class _Named(TypeDecorator[Any]):
    impl = _Written
    cache_ok = False

    def __init__(self, field: Any) -> None:
        super().__init__("")
        self.field = field

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        return dialect.type_descriptor(_Written(str(self.field.db_type(vendor_of(dialect.name)))))  # type: ignore[no-any-return]  # a type


def has_column(kind: Any, vendor: str) -> bool:
    """Return whether columns of a type are made in databases of ``vendor``: a ``db_type()`` of None says that they are not."""
    return not isinstance(kind, _Named) or kind.field.db_type(vendor_of(vendor)) is not None


def stores_by_sql(kind: Any) -> bool:
    """Return whether a type of SQLAlchemy's puts SQL of its own around a value that is stored, in any database."""
    made = kind() if isinstance(kind, type) else kind
    return any(each._has_bind_expression for each in (made, *made._variant_mapping.values()))


def stored(kind: Any, mark: str, dialect: str) -> str:
    """Return what a type has around the mark of a parameter.

    Raises:
        NotSupportedError: If the value stands there more than once, or not at all: then it needs as many marks.
    """
    import re

    from sqlalchemy import bindparam

    from partita.orm.backends import ddl_backend
    from partita.orm.errors import NotSupportedError

    written = str(bindparam("stored", type_=kind).compile(dialect=ddl_backend(dialect).dialect))
    parts = re.split("(%%|%s)", written)
    if (count := parts.count("%s")) != 1:
        raise NotSupportedError(
            f"{type(kind).__name__}.bind_expression() has its value {count} times, where a row is stored by one: {written:.80}. "
            "Override placeholder() of the field."
        )
    instead = {"%s": mark, "%%": "%%" if mark == "%s" else "%"}  # other drivers do not read percent signs as theirs
    return "".join([instead.get(part, part) for part in parts])


def adapt(kind: Any) -> None:
    """Let the class's ``to_driver``, ``from_driver`` and ``sql_type`` go by the methods that it has under Django's names."""
    own = kind.__dict__
    if "from_db_value" in own and "from_driver" not in own:
        kind.from_driver = _from_driver(kind)
    if "get_db_prep_value" in own and "to_driver" not in own:
        kind.to_driver = _to_driver(kind)
    if "db_type" in own and "sql_type" not in own:
        kind.sql_type = named_type


def _from_driver(kind: Any) -> Any:
    inherited = super(kind, kind).from_driver

    def from_driver(self: Any, dialect: str) -> Any:
        convert, connection = inherited(self, dialect), vendor_of(dialect)

        def load(value: Any) -> Any:
            known = value if convert is None or value is None else convert(value)
            return self.from_db_value(known, None, connection)

        return load

    return from_driver


def _to_driver(kind: Any) -> Any:
    inherited = super(kind, kind).to_driver

    def to_driver(self: Any, dialect: str) -> Any:
        convert, connection = inherited(self, dialect), vendor_of(dialect)

        def bind(value: Any) -> Any:
            ready = self.get_db_prep_value(value, connection, True)
            return ready if convert is None or ready is None else convert(ready)

        return bind

    return to_driver
