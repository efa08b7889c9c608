"""What may be wrong with fields of one kind."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

from partita.contracts.checks import Finding
from partita.orm.checks.findings import Databases, error, lacking, warning
from partita.orm.checks.foreign_keys import check_foreign_key
from partita.orm.fields import (
    AutoField,
    BinaryField,
    CharField,
    CompositePrimaryKey,
    DateField,
    DateTimeField,
    DecimalField,
    FileField,
    FilePathField,
    ForeignKey,
    ForeignObject,
    GeneratedField,
    GenericIPAddressField,
    ImageField,
    IntegerField,
    JSONField,
    TextField,
    TimeField,
)

__all__ = ("checks_of",)

KindCheck = Callable[[Any, Databases], Iterator[Finding]]
_MARGIN = dt.timedelta(seconds=10)  # within which a default is taken for the moment of its declaration
_DAY = dt.timedelta(days=1)


def checks_of(field: Any) -> list[KindCheck]:
    """Return the checks of the field's class and of those that it inherits from."""
    if field.is_foreign_key or isinstance(field, ForeignObject):
        return [check_foreign_key]
    return [check for kind, check in _CHECKS if isinstance(field, kind)]


def _composite_key(field: Any, databases: Databases) -> Iterator[Finding]:
    if field.name != "pk":
        yield error("fields.E013", "'CompositePrimaryKey' must be named 'pk'.", field)


def _counts_up(field: Any, databases: Databases) -> Iterator[Finding]:
    if not field.primary_key:
        yield error("fields.E100", "AutoFields must set primary_key=True.", field)


def _length(field: Any, databases: Databases) -> Iterator[Finding]:
    length = field.max_length
    if length is None:
        if any(True for _ in lacking(databases, field.model._meta, "supports_unlimited_charfield")):
            yield error("fields.E120", "CharFields must define a 'max_length' attribute.", field)
    elif not isinstance(length, int) or isinstance(length, bool) or length <= 0:
        yield error("fields.E121", "'max_length' must be a positive integer.", field)


def _length_of_number(field: Any, databases: Databases) -> Iterator[Finding]:
    if field.max_length is not None:
        yield warning(
            "fields.W122",
            f"'max_length' is ignored when used with {type(field).__name__}.",
            field,
            "Remove 'max_length' from field",
        )


def _digits(field: Any, databases: Databases) -> Iterator[Finding]:
    places, digits = field.decimal_places, field.max_digits
    if (places is None) != (digits is None):
        yield error(
            "fields.E135",
            "DecimalField\N{RIGHT SINGLE QUOTATION MARK}s max_digits and decimal_places must both be defined or both omitted.",
            field,
        )
        return
    if places is None:
        if any(True for _ in lacking(databases, field.model._meta, "supports_no_precision_decimalfield")):
            yield error("fields.E130", "DecimalFields must define a 'decimal_places' attribute.", field)
            yield error("fields.E132", "DecimalFields must define a 'max_digits' attribute.", field)
        return
    places_fit, digits_fit = _is_count(places, 0), _is_count(digits, 1)
    if not places_fit:
        yield error("fields.E131", "'decimal_places' must be a non-negative integer.", field)
    if not digits_fit:
        yield error("fields.E133", "'max_digits' must be a positive integer.", field)
    if places_fit and digits_fit and int(places) > int(digits):
        yield error("fields.E134", "'max_digits' must be greater or equal to 'decimal_places'.", field)


def _is_count(value: Any, least: int) -> bool:
    try:
        return int(value) >= least
    except (TypeError, ValueError):
        return False


def _path(field: Any, databases: Databases) -> Iterator[Finding]:
    if not (field.allow_files or field.allow_folders):
        yield error(
            "fields.E140", "FilePathFields must have either 'allow_files' or 'allow_folders' set to True.", field
        )


def _address(field: Any, databases: Databases) -> Iterator[Finding]:
    if field.blank and not field.null:
        yield error(
            "fields.E150",
            "GenericIPAddressFields cannot have blank=True if null=False, as blank values are stored as nulls.",
            field,
        )


def _clock(field: Any, databases: Databases) -> Iterator[Finding]:
    has_default = field.has_default() and field.default is not None
    if [field.auto_now, field.auto_now_add, has_default].count(True) > 1:
        yield error(
            "fields.E160",
            "The options auto_now, auto_now_add, and default are mutually exclusive. Only one of these options may be present.",
            field,
        )
    elif has_default and _is_now(field.default):
        kind = "datetime" if isinstance(field, DateTimeField) else "time" if isinstance(field, TimeField) else "date"
        yield warning(
            "fields.W161",
            "Fixed default value provided.",
            field,
            f"It seems you set a fixed {kind} value as default for this field. This may not be what you want. If "
            "you want to have the current date as default, use `partita.i18n.timezone.now`",
        )


def _is_now(value: Any) -> bool:
    """Return whether a default looks like the moment at which the class was declared."""
    if isinstance(value, dt.datetime):
        return abs(dt.datetime.now(value.tzinfo) - value) <= _MARGIN
    now = dt.datetime.now()  # noqa: DTZ005  # a date or a time without a zone is by the clock on the wall
    if isinstance(value, dt.date):
        return abs(now.date() - value) <= _DAY
    if isinstance(value, dt.time):
        return abs(now - dt.datetime.combine(now.date(), value.replace(tzinfo=None))) <= _MARGIN
    return False


def _bytes(field: Any, databases: Databases) -> Iterator[Finding]:
    if isinstance(field.default, str):
        yield error("fields.E170", "BinaryField's default cannot be a string. Use bytes content instead.", field)


def _json(field: Any, databases: Databases) -> Iterator[Finding]:
    for name in lacking(databases, field.model._meta, "supports_json_field"):
        yield error("fields.E180", f"{name} does not support JSONFields.", field)


def _collation(feature: str, what: str) -> KindCheck:
    def check(field: Any, databases: Databases) -> Iterator[Finding]:
        if field.db_collation:
            for name in lacking(databases, field.model._meta, feature):
                yield error("fields.E190", f"{name} does not support a database collation on {what}.", field)

    return check


def _indexed_text(field: Any, databases: Databases) -> Iterator[Finding]:
    if field.db_index or field.unique:
        for name in lacking(databases, field.model._meta, "supports_index_on_text_field"):
            yield warning(
                "fields.W162",
                f"{name} does not support a database index on {field.get_internal_type()} columns.",
                field,
                "An index won't be created. Silence this warning if you don't care about it.",
            )


def _file(field: Any, databases: Databases) -> Iterator[Finding]:
    if field.primary_key:
        yield error("fields.E201", f"'primary_key' is not a valid argument for a {type(field).__name__}.", field)
    if isinstance(field.upload_to, str) and field.upload_to.startswith("/"):
        yield error(
            "fields.E202",
            f"{type(field).__name__}'s 'upload_to' argument must be a relative path, not an absolute path.",
            field,
            "Remove the leading slash.",
        )


def _image(field: Any, databases: Databases) -> Iterator[Finding]:
    try:
        from PIL import Image  # noqa: F401  # whether it is there
    except ImportError:
        yield error(
            "fields.E210",
            "Cannot use ImageField because Pillow is not installed.",
            field,
            'Get Pillow at https://pypi.org/project/Pillow/ or run command "python -m pip install Pillow".',
        )


def _generated(field: Any, databases: Databases) -> Iterator[Finding]:
    meta = field.model._meta
    stored, virtual = (
        set(lacking(databases, meta, f"supports_{kind}_generated_columns")) for kind in ("stored", "virtual")
    )
    for name in sorted(stored & virtual):
        yield error("fields.E220", f"{name} does not support GeneratedFields.", field)
    if field.db_persist:
        for name in sorted(stored - virtual):
            yield error(
                "fields.E222",
                f"{name} does not support persisted GeneratedFields.",
                field,
                "Set db_persist=False on the field.",
            )
    else:
        for name in sorted(virtual - stored):
            yield error(
                "fields.E221",
                f"{name} does not support non-persisted GeneratedFields.",
                field,
                "Set db_persist=True on the field.",
            )
    output = field.output_field
    errors = [each for each in output.check(databases=databases) if each.id != "fields.E100"]
    for level, id, what in (("error", "fields.E223", "errors"), ("warning", "fields.W224", "warnings")):
        told = "\n    ".join(f"{each.text} ({each.id})" for each in errors if each.level == level)
        if told:
            make = error if level == "error" else warning
            yield make(id, f"GeneratedField.output_field has {what}:\n    {told}", field)


_CHECKS: tuple[tuple[Any, KindCheck], ...] = (
    (CompositePrimaryKey, _composite_key),
    (AutoField, _counts_up),
    (CharField, _collation("supports_collation_on_charfield", "CharFields")),
    (CharField, _length),
    (IntegerField, _length_of_number),
    (DecimalField, _digits),
    (FilePathField, _path),
    (GenericIPAddressField, _address),
    (DateField, _clock),
    (DateTimeField, _clock),
    (TimeField, _clock),
    (BinaryField, _bytes),
    (JSONField, _json),
    (TextField, _collation("supports_collation_on_textfield", "TextFields")),
    (TextField, _indexed_text),
    (BinaryField, _indexed_text),
    (JSONField, _indexed_text),
    (FileField, _file),
    (ImageField, _image),
    (GeneratedField, _generated),
    (ForeignKey, check_foreign_key),
)
