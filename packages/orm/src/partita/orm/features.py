"""What the databases can do, by the names that ``Meta.required_db_features`` uses."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from partita.orm.errors import ModelError

__all__ = ("FEATURES", "LONGEST_NAMES", "check_features", "has_features")

_ALL = frozenset({"sqlite", "postgresql", "mysql"})
_SERVERS = frozenset({"postgresql", "mysql"})
_POSTGRESQL = frozenset({"postgresql"})
_NOT_MYSQL = frozenset({"sqlite", "postgresql"})

FEATURES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "can_defer_constraint_checks": _NOT_MYSQL,
        "can_introspect_json_field": _ALL,
        "can_return_columns_from_insert": _ALL,
        "has_native_duration_field": _POSTGRESQL,
        "has_native_uuid_field": _POSTGRESQL,
        "has_select_for_no_key_update": _POSTGRESQL,
        "has_select_for_update": _SERVERS,
        "has_select_for_update_nowait": _SERVERS,
        "has_select_for_update_skip_locked": _SERVERS,
        "supports_collation_on_charfield": _ALL,
        "supports_collation_on_textfield": _ALL,
        "supports_comments": _SERVERS,
        "supports_covering_indexes": _POSTGRESQL,
        "supports_deferrable_unique_constraints": _POSTGRESQL,
        "supports_expression_defaults": _ALL,
        "supports_expression_indexes": _NOT_MYSQL,
        "supports_index_on_text_field": _NOT_MYSQL,
        "supports_json_field": _ALL,
        "supports_json_field_contains": _ALL,
        "supports_no_precision_decimalfield": _NOT_MYSQL,
        "supports_nulls_distinct_unique_constraints": _POSTGRESQL,
        "supports_on_delete_db_cascade": _ALL,
        "supports_on_delete_db_default": _NOT_MYSQL,
        "supports_on_delete_db_null": _ALL,
        "supports_over_clause": _ALL,
        "supports_partial_indexes": _NOT_MYSQL,
        "supports_primitives_in_json_field": _ALL,
        "supports_stored_generated_columns": _ALL,
        "supports_table_check_constraints": _ALL,
        "supports_tablespaces": _POSTGRESQL,
        "supports_transactions": _ALL,
        "supports_unlimited_charfield": _NOT_MYSQL,
        "supports_uuid4_function_in_default": _POSTGRESQL,
        "supports_virtual_generated_columns": frozenset({"sqlite", "mysql"}),
    }
)
"""The vendors that have each feature; the names are Django's."""


LONGEST_NAMES: Mapping[str, int | None] = MappingProxyType({"sqlite": None, "postgresql": 63, "mysql": 64})
"""The most characters that a table or a column may have in its name; None for any number."""


def has_features(vendor: str, names: Iterable[str]) -> bool:
    """Return whether databases of ``vendor`` have all of these features."""
    return all(vendor in FEATURES[name] for name in names)


def check_features(model: str, names: Iterable[str]) -> None:
    """Refuse features that nobody knows.

    Raises:
        ModelError: If there are such.
    """
    for name in names:
        if name not in FEATURES:
            raise ModelError(
                f"{model}.Meta.required_db_features has {name!r}, which is unknown. Known are {', '.join(FEATURES)}."
            )
