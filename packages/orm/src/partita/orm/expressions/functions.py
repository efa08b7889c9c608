"""Functions, casts, and the choice between several results."""

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, literal_column

from partita.orm.errors import FieldError
from partita.orm.expressions.base import Composed, Expression, Leaf, Value
from partita.orm.expressions.base import expression as as_expression
from partita.orm.expressions.identity import is_ours, shape_of_field, written_in_sql
from partita.orm.expressions.scope import Scope
from partita.orm.fields import BooleanField, DateField, DateTimeField, Field, IntegerField, TimeField
from partita.orm.registration import RegisterLookups
from partita.orm.sql_elements import case, cast, func
from partita.orm.value_types import FLOAT, Untyped

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = ("Case", "Cast", "ExpressionWrapper", "Func", "Random", "Transform", "When", "common_type")

_TEMPLATE = "%(function)s(%(expressions)s)"
_CLOCKS = ((DateTimeField, "datetime"), (DateField, "date"), (TimeField, "time"))


class ExpressionWrapper(Composed):
    """An expression whose type is given."""

    def __init__(self, expression: Any, output_field: Field[Any]) -> None:
        self.sources = (as_expression(expression),)
        self.output_field = output_field

    @property
    def expression(self) -> Any:
        """What is inside."""
        return self.sources[0]

    def get_group_by_cols(self) -> list[Any]:
        """As what is inside, with this type."""
        inner = self.sources[0].get_group_by_cols()
        return [self] if inner == [self.sources[0]] else inner

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """By what the field is, because it is made anew each time."""
        return (type(self), shape_of_field(self.output_field), self.sources[0].shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The expression."""
        inner: ColumnElement[Any] = self.sources[0].compile(compiler)
        return inner


class Func(Composed):
    """A function of the database.

    Args:
        sources: Names of fields, expressions, or other values.
        output_field: What it returns, unless it returns what its arguments are.
        extra: ``function``, ``template``, ``arg_joiner``, and whatever else the template names. A template is SQL with
            ``%(function)s`` and ``%(expressions)s``; never make one of users' input.
    """

    function: str = ""
    template: str = _TEMPLATE
    arg_joiner: str = ", "
    arity: int | None = None

    def __init__(self, *sources: Any, output_field: Field[Any] | None = None, **extra: Any) -> None:
        if self.arity is not None and len(sources) != self.arity:
            raise TypeError(
                f"'{type(self).__name__}' takes exactly {self.arity} "
                f"{'argument' if self.arity == 1 else 'arguments'} ({len(sources)} given)"
            )
        if "function" in extra:
            self.function = extra.pop("function")
        if "arg_joiner" in extra:
            self.arg_joiner = extra.pop("arg_joiner")
        if "template" in extra:
            self.template = extra.pop("template")
        if self.function and self.template == _TEMPLATE and not _is_function(self.function):
            raise FieldError(f"{self.function[:80]!r} is not the name of a function.")
        self.sources = tuple([as_expression(source) for source in sources])
        if output_field is not None:
            self.output_field = output_field
        self.extra: dict[str, Any] = extra

    def options(self) -> Hashable:
        """The function and its template."""
        return (self.function, self.template, self.arg_joiner, tuple(self.extra.items()) if self.extra else ())

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """By what the output is, because the field may be made anew each time; all there is of a class that is not ours."""
        kind: Any = type(self)
        if not is_ours(kind):
            return super().shape(leaves)
        return (
            kind,
            self.options(),
            shape_of_field(self.output_field),
            *[source.shape(leaves) for source in self.sources],
        )

    @property
    def output(self) -> Field[Any]:
        """As given, else as the arguments.

        Raises:
            FieldError: If the arguments are of kinds that do not mix.
        """
        if self.output_field is not None:
            return self.output_field
        if not self.sources:
            return super().output
        return common_type(self.sources)

    @property
    def conditional(self) -> bool:
        """Whether the result is true or false."""
        return isinstance(self.output_field, BooleanField)

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """The function with its arguments."""
        kind: Any = type(self)
        method = written_in_sql(kind, compiler.vendor)
        if method is not None:
            return compiler.written(self, method)
        if self.template != _TEMPLATE or self.arg_joiner != ", ":
            return compiler.written(self, "as_sql")
        return self.call(compiler, *[source.compile(compiler) for source in self.sources])

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """Return the function applied; override it where databases differ."""
        target: Any = func
        for part in self.function.split("."):
            target = getattr(target, part)
        result: ColumnElement[Any] = target(*arguments)
        return result

    def as_sql(
        self,
        compiler: "Compiler",
        connection: Any,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: str | None = None,
        **extra_context: Any,
    ) -> tuple[str, list[Any]]:
        """Return the filled template, with ``%s`` for each parameter, and the parameters.

        Args:
            compiler: Gives the SQL of the arguments.
            connection: Knows the ``vendor`` of the database.
            function: Another function, for one database perhaps.
            template: Another template.
            arg_joiner: What stands between arguments.
            extra_context: What else the template names.
        """
        if function is template is arg_joiner is None and not extra_context and type(self).call is not Func.call:
            arguments = [source.compile(compiler) for source in self.sources]
            return compiler.render(self.call(compiler, *arguments))
        written: list[str] = []
        params: list[Any] = []
        for source in self.sources:
            if source is None:  # left out by a class of the user's
                continue
            sql, more = compiler.compile(source)
            written.append(sql)
            params.extend(more)
        joiner = self.arg_joiner if arg_joiner is None else arg_joiner
        joined = joiner.join(written)
        values = {**self.extra, **extra_context, "function": function or self.function, "arg_joiner": joiner}
        values["expressions"] = values["field"] = joined
        return (template or self.template) % values, params

    def __repr__(self) -> str:
        arguments = [*map(repr, self.sources), *(f"{name}={value}" for name, value in sorted(self.extra.items()))]
        return f"{type(self).__name__}({', '.join(arguments)})"


class Transform(RegisterLookups, Func):
    """A function of one argument that may stand in the name of a look-up, once it is registered.

    Attributes:
        lookup_name: Its name there.
        bilateral: Whether it applies to the other side as well.
    """

    lookup_name: str = ""
    bilateral: bool = False
    arity: int | None = 1

    @property
    def lhs(self) -> Any:
        """The argument."""
        return self.sources[0]

    def get_lookup(self, name: str) -> Any:
        """Return the class of a look-up that is registered here or for the type of the result."""
        found = self.registered_lookup(name)
        return self.output.get_lookup(name) if found is None else found

    def get_transform(self, name: str) -> Any:
        """Return a transform that is registered here or for the type of the result."""
        found = self.registered_transform(name)
        return self.output.get_transform(name) if found is None else found


@lru_cache(512)
def _is_function(name: str) -> bool:
    return all(part.isascii() and part.isidentifier() for part in name.split(".", 1))  # perhaps with that of a schema


def common_type(sources: Sequence[Any]) -> Field[Any]:
    """Return the field that describes a result that may be any of ``sources``.

    Raises:
        FieldError: If they are of kinds that do not mix, or none is known.
    """
    typed: Field[Any] | None = None
    untyped: Field[Any] | None = None
    for source in sources:
        if isinstance(source, Value) and (source.value is None or typed is not None):
            continue
        try:
            field: Field[Any] = source.output
        except FieldError:
            if len(sources) == 1:
                raise
            continue
        if type(field) is Untyped:  # SQL of the user's own may give anything
            untyped = field
            continue
        if typed is not None and not _mixes(typed, field):
            raise FieldError(
                f"Expression contains mixed types: {type(typed).__name__}, {type(field).__name__}. You must set output_field."
            )
        typed = typed or field
    typed = typed or untyped
    if typed is None:
        raise FieldError("Cannot resolve expression type, unknown output_field")
    return typed


def _mixes(one: Field[Any], other: Field[Any]) -> bool:
    if (one.is_text and other.is_text) or isinstance(one, type(other)) or isinstance(other, type(one)):
        return True
    if one.is_relation or other.is_relation:
        return True
    return isinstance(one, IntegerField) and isinstance(other, IntegerField)


class Cast(Composed):
    """An expression converted to the type of a field."""

    def __init__(self, expression: Any, output_field: Field[Any]) -> None:
        self.sources = (as_expression(expression),)
        self.output_field = output_field

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """By what the field is, because it is made anew each time."""
        return (type(self), shape_of_field(self.output_field), self.sources[0].shape(leaves))

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """CAST; in SQLite, which has no dates, times and moments, their text."""
        source: ColumnElement[Any] = self.sources[0].compile(compiler)
        if compiler.vendor == "sqlite":
            for kind, name in _CLOCKS:
                if isinstance(self.output_field, kind):
                    return func.partita_cast(literal_column(f"'{name}'"), source)
        return cast(source, self.output.sql_type())


class Random(Expression):
    """A random number from 0 to 1 for each row."""

    output_field = FLOAT

    def shape(self, leaves: "list[Leaf]") -> Hashable:
        """It is always the same."""
        return Random

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """RANDOM() or RAND()."""
        if compiler.vendor == "sqlite":
            return func.partita_random()
        return func.rand() if compiler.vendor == "mysql" else func.random()


class When(Composed):
    """One branch of a `Case`."""

    def __init__(self, condition: Any = None, then: Any = None, **lookups: Any) -> None:
        from partita.orm.q import REFUSED, Q

        if lookups:
            if known := sorted(REFUSED & lookups.keys()):
                raise TypeError(f"The following kwargs are invalid: {', '.join(map(repr, known))}")
            condition = Q(**lookups) if condition is None else Q(condition, **lookups)
        if not getattr(condition, "conditional", False):
            raise TypeError("When() supports a Q object, a boolean expression, or lookups as a condition.")
        if isinstance(condition, Q) and not condition:
            raise ValueError("An empty Q() can't be used as a When() condition.")
        self.sources = (condition, as_expression(then))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self}>"

    def __str__(self) -> str:
        condition, then = self.sources
        return f"WHEN {condition!r} THEN {then!r}"

    def resolve(self, scope: Scope) -> Expression:
        """Resolve the condition and the result.

        Raises:
            ValueError: If the result is a key made of several columns.
        """
        condition, then = self.sources
        result = then.resolve(scope)
        if result.output_field is not None and result.output_field.is_tuple:
            raise ValueError("When expression does not support composite primary keys.")
        return self._with((condition.resolve(scope), result))


class Case(Composed):
    """The result of the first branch whose condition holds."""

    def __init__(self, *branches: When, default: Any = None, output_field: Field[Any] | None = None) -> None:
        if not all(isinstance(branch, When) for branch in branches):
            raise TypeError("Positional arguments must all be When objects.")
        self.sources = (*branches, as_expression(default))
        self.output_field = output_field

    @property
    def output(self) -> Field[Any]:
        """As given, else as the first result whose type is known."""
        if self.output_field is not None:
            return self.output_field
        *branches, default = self.sources
        return common_type([*(branch.sources[1] for branch in branches), default])

    def __repr__(self) -> str:
        *branches, default = self.sources
        return f"<{type(self).__name__}: CASE {', '.join(map(str, branches))}, ELSE {default!r}>"

    def compile(self, compiler: "Compiler") -> ColumnElement[Any]:
        """CASE WHEN."""
        *branches, default = self.sources
        if not branches:
            inner: ColumnElement[Any] = default.compile(compiler)
            return inner
        pairs = [
            (compiler.where(branch.sources[0], negated=0, strict=False), branch.sources[1].compile(compiler))
            for branch in branches
        ]
        return case(*pairs, else_=default.compile(compiler))
