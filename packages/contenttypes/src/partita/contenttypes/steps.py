"""How tables are joined over a generic relation: by the key, among the rows whose content type is the model's."""

from typing import Any, cast

from sqlalchemy import ColumnElement, String, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from partita.orm import Model, UUIDField
from partita.orm.paths import Step

__all__ = ("GenericStep", "content_type_named")

_PARTS = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))  # the digits of a UUID between its hyphens


class GenericStep(Step):
    """One join over a generic relation, in either direction.

    Args:
        relation: The `GenericRelation`.
        owner: The model that has it, or a proxy of that.
        forward: Whether it leads from the model that has the relation to the rows that point to it.
    """

    __slots__ = ("content_type", "forward", "name", "pk", "text")

    def __init__(self, relation: Any, owner: Any, *, forward: bool) -> None:
        pointing = relation.related_model
        self.pk, theirs = owner._meta.pk, pointing._meta.get_field(relation.object_id_field_name)
        self.content_type = pointing._meta.get_field(relation.content_type_field_name)
        meta = (owner._meta.concrete_model if relation.for_concrete_model else owner)._meta
        self.name = (meta.app_label, meta.model_name)
        self.forward = forward
        self.text = theirs.is_text and not self.pk.is_text
        if forward:
            table = pointing if theirs.model._meta.abstract else theirs.model  # a parent of it may have the columns
            super().__init__(table, self.pk.column, theirs.column, multiple=True, nullable=True)
        else:
            super().__init__(owner, theirs.column, self.pk.column, multiple=False, nullable=True)

    def on(self, source: Any, joined: Any) -> ColumnElement[bool]:
        """Return what joins two tables: the key and the content type."""
        left, right = source.c[self.left], joined.c[self.right]
        if self.text:  # keys of all kinds are kept as text, which no database compares with them
            left, right = (self._as_text(left), right) if self.forward else (left, self._as_text(right))
        pointing = joined if self.forward else source
        known = content_type_named(self.content_type.related_model, *self.name)
        return cast("ColumnElement[bool]", (left == right) & (pointing.c[self.content_type.column] == known))

    def _as_text(self, key: Any) -> Any:
        field = self.pk
        while getattr(field, "target_field", None) is not None:
            field = field.target_field
        return _UUIDText(key) if isinstance(field, UUIDField) else sql_cast(key, String)


def content_type_named(model: type[Model], app_label: str, name: str) -> Any:
    """Return the key of a content type as SQL, so that a query's plan holds in every database and before the row is there.

    Args:
        model: `ContentType`, as the relation's foreign key has it.
        app_label: Of the model meant.
        name: Of the model meant, in lower case.
    """
    table = model._meta.table
    wanted = (table.c.app_label == app_label) & (table.c.model == name)
    return select(table.c[model._meta.pk.column]).where(wanted).correlate(None).scalar_subquery()


class _UUIDText(FunctionElement[str]):
    """A UUID as Python writes it, where the database keeps 32 digits."""

    type = String()
    inherit_cache = True


@compiles(_UUIDText)
def _written(element: _UUIDText, compiler: Any, **options: Any) -> str:
    (key,) = element.clauses
    if compiler.dialect.name == "postgresql":
        text: Any = sql_cast(key, String)
    else:
        digits = sql_cast(key, String)
        parts = [func.substr(digits, start, length, type_=String()) for start, length in _PARTS]
        text = parts[0]
        for part in parts[1:]:
            text = text + "-" + part
    return cast("str", compiler.process(text, **options))
