"""How tables are joined over a generic relation: by the key, among the rows whose content type is the model's."""

from typing import Any, cast

from sqlalchemy import ColumnElement, String, func, literal_column, select
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

    __slots__ = ("content_type", "forward", "kept", "name", "parts", "pk", "text")

    def __init__(self, relation: Any, owner: Any, *, forward: bool) -> None:
        pointing = relation.related_model
        self.pk, theirs = owner._meta.pk, pointing._meta.get_field(relation.object_id_field_name)
        self.content_type = pointing._meta.get_field(relation.content_type_field_name)
        meta = (owner._meta.concrete_model if relation.for_concrete_model else owner)._meta
        self.name = (meta.app_label, meta.model_name)
        self.forward = forward
        self.text = theirs.is_text and not self.pk.is_text
        self.parts: tuple[Any, ...] = self.pk.fields if self.pk.is_tuple else ()
        self.kept = theirs.column
        if forward:
            table = pointing if theirs.model._meta.abstract else theirs.model  # a parent of it may have the columns
            super().__init__(table, self.pk.column or "", theirs.column, multiple=True, nullable=True)
        else:
            super().__init__(owner, theirs.column, self.pk.column or "", multiple=False, nullable=True)

    def on(self, source: Any, joined: Any) -> ColumnElement[bool]:
        """Return what joins two tables: the key and the content type."""
        having, pointing = (source, joined) if self.forward else (joined, source)
        known = content_type_named(self.content_type.related_model, *self.name)
        same = self._key(having) == pointing.c[self.kept]
        return cast("ColumnElement[bool]", same & (pointing.c[self.content_type.column] == known))

    def _key(self, having: Any) -> Any:
        """Return the key of a row as it is kept over there."""
        if self.parts:  # see `keys.kept_key`
            text: Any = literal_column("'['", String())
            for number, part in enumerate(self.parts):
                quoted = _Quoted(_as_text(part, having.c[part.column]))
                text = text + literal_column("','", String()) + quoted if number else text + quoted
            return text + literal_column("']'", String())
        key = having.c[self.pk.column]
        return (
            _as_text(self.pk, key) if self.text else key
        )  # keys of all kinds are kept as text, which no database compares with them


def _as_text(field: Any, key: Any) -> Any:
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


class _Quoted(FunctionElement[str]):
    """A text as JSON has it."""

    type = String()
    inherit_cache = True


@compiles(_Quoted)
def _written_quoted(element: _Quoted, compiler: Any, **options: Any) -> str:
    (text,) = element.clauses
    postgresql = compiler.dialect.name == "postgresql"
    quoted: Any = sql_cast(func.to_json(text), String) if postgresql else func.json_quote(text)
    return cast("str", compiler.process(quoted, **options))
