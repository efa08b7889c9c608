"""The fields of models."""

from typing import TYPE_CHECKING

from partita.contracts.on_first_use import on_first_use
from partita.orm.fields.base import NOT_PROVIDED, Field, FieldOptions
from partita.orm.fields.composite import CompositePrimaryKey
from partita.orm.fields.datetimes import DateTimeField
from partita.orm.fields.foreign_object import ForeignObject
from partita.orm.fields.fractions import DecimalField, FloatField
from partita.orm.fields.many_to_many import ManyToManyField
from partita.orm.fields.numbers import (
    AutoField,
    BigAutoField,
    BigIntegerField,
    BooleanField,
    IntegerField,
    PositiveBigIntegerField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    SmallAutoField,
    SmallIntegerField,
)
from partita.orm.fields.others import BinaryField, GenericIPAddressField, JSONField, UUIDField
from partita.orm.fields.private import PrivateField
from partita.orm.fields.related import ForeignKey, OneToOneField
from partita.orm.fields.text import CharField, EmailField, SlugField, TextField, URLField
from partita.orm.fields.times import DateField, DurationField, TimeField

RARE = {
    "files": ("FieldFile", "FileField"),
    "generated": ("GeneratedField",),
    "images": ("ImageField", "ImageFieldFile"),
    "paths": ("FilePathField",),
}
"""Names by the modules that have them, which many programs do without: they are imported when somebody asks for one."""

if TYPE_CHECKING:
    from partita.orm.fields.files import FieldFile, FileField
    from partita.orm.fields.generated import GeneratedField
    from partita.orm.fields.images import ImageField, ImageFieldFile
    from partita.orm.fields.paths import FilePathField
else:
    __getattr__, __dir__ = on_first_use(__name__, RARE)

__all__ = (
    "NOT_PROVIDED",
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BinaryField",
    "BooleanField",
    "CharField",
    "CompositePrimaryKey",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DurationField",
    "EmailField",
    "Field",
    "FieldFile",
    "FieldOptions",
    "FileField",
    "FilePathField",
    "FloatField",
    "ForeignKey",
    "ForeignObject",
    "GeneratedField",
    "GenericIPAddressField",
    "ImageField",
    "ImageFieldFile",
    "IntegerField",
    "JSONField",
    "ManyToManyField",
    "OneToOneField",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "PrivateField",
    "SlugField",
    "SmallAutoField",
    "SmallIntegerField",
    "TextField",
    "TimeField",
    "URLField",
    "UUIDField",
)
