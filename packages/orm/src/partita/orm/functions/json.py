"""JSON made out of columns."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, literal_column

from partita.orm.expressions import TEXT, Func, Value
from partita.orm.fields import JSONField
from partita.orm.sql_elements import cast, func

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("JSONArray", "JSONObject")

_JSON: JSONField = JSONField(null=True)


def _inside(compiler: "Compiler", source: Any, argument: Any) -> Any:
    """Return a value as it goes into JSON; what is JSON already must not become text."""
    if isinstance(source, Value) and source.value is None:
        return argument  # NULL, which needs no type
    if isinstance(source.output, JSONField):
        if compiler.vendor == "sqlite":
            return func.json(argument)
        if compiler.vendor == "mysql":
            return func.json_extract(argument, literal_column("'$'"))
    elif compiler.vendor == "postgresql" and isinstance(source, Value):
        return cast(argument, source.output.sql_type())  # a parameter's type is unknown in there
    return argument


class JSONObject(Func):
    """An object with the keys given: ``JSONObject(name="name", upper=Upper("name"))``. Keys are parameters."""

    output_field = _JSON

    def __init__(self, **fields: Any) -> None:
        pairs: list[Any] = []
        for key, source in fields.items():
            pairs.extend((Value(key, TEXT), source))
        super().__init__(*pairs)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """JSON_OBJECT, or JSONB_BUILD_OBJECT."""
        ready: list[Any] = []
        for place in range(0, len(arguments), 2):
            key, value = arguments[place], arguments[place + 1]
            ready.append(cast(key, Text) if compiler.vendor == "postgresql" else key)
            ready.append(_inside(compiler, self.sources[place + 1], value))
        return func.jsonb_build_object(*ready) if compiler.vendor == "postgresql" else func.json_object(*ready)


class JSONArray(Func):
    """An array of the values given."""

    output_field = _JSON

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """JSON_ARRAY, or JSONB_BUILD_ARRAY."""
        ready = [_inside(compiler, source, one) for source, one in zip(self.sources, arguments, strict=True)]
        return func.jsonb_build_array(*ready) if compiler.vendor == "postgresql" else func.json_array(*ready)
