"""Functions of numbers."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Double, Numeric, literal_column

from partita.orm.expressions import DECIMAL, FLOAT, INTEGER, Func, Random, Transform, Value
from partita.orm.fields import DecimalField, Field, IntegerField
from partita.orm.sql_elements import cast, func

if TYPE_CHECKING:
    from partita.orm.compiler import Compiler

__all__ = (
    "ACos",
    "ASin",
    "ATan",
    "ATan2",
    "Abs",
    "Ceil",
    "Cos",
    "Cot",
    "Degrees",
    "Exp",
    "Floor",
    "Ln",
    "Log",
    "Mod",
    "Pi",
    "Power",
    "Radians",
    "Random",
    "Round",
    "Sign",
    "Sin",
    "Sqrt",
    "Tan",
)


def _number(node: Func) -> Field[Any]:
    """A decimal for decimals, a float for whole numbers, else as the first argument."""
    if node.output_field is not None:
        return node.output_field
    fields = [source.output for source in node.sources]
    for field in fields:
        if isinstance(field, DecimalField):
            return DECIMAL  # of as many places as there are
    return FLOAT if any(isinstance(field, IntegerField) for field in fields) else fields[0]


class _Numeric(Transform):
    @property
    def output(self) -> Field[Any]:
        return _number(self)


class _TwoNumbers(Func):
    arity = 2

    @property
    def output(self) -> Field[Any]:
        return _number(self)


class Abs(Transform):
    """The absolute value."""

    function, lookup_name = "abs", "abs"


class ACos(_Numeric):
    """The arc cosine, in radians."""

    function, lookup_name = "acos", "acos"


class ASin(_Numeric):
    """The arc sine, in radians."""

    function, lookup_name = "asin", "asin"


class ATan(_Numeric):
    """The arc tangent, in radians."""

    function, lookup_name = "atan", "atan"


class ATan2(_TwoNumbers):
    """The angle of the point whose y and x are given, in radians."""

    function = "atan2"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """ATAN2; PostgreSQL has it for floats only."""
        if compiler.vendor == "postgresql":
            return func.atan2(*[cast(argument, Double()) for argument in arguments])
        return func.atan2(*arguments)


class Ceil(Transform):
    """The smallest whole number that is not less."""

    function, lookup_name = "ceil", "ceil"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """CEIL; of whole numbers a whole one, where databases give a float."""
        found = func.ceil(*arguments)
        whole = isinstance(self.sources[0].output, IntegerField)
        return cast(found, self.output.sql_type()) if whole else found


class Cos(_Numeric):
    """The cosine of an angle in radians."""

    function, lookup_name = "cos", "cos"


class Cot(_Numeric):
    """The cotangent of an angle in radians."""

    function, lookup_name = "cot", "cot"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """COT, or our own in SQLite."""
        return func.partita_cot(*arguments) if compiler.vendor == "sqlite" else func.cot(*arguments)


class Degrees(_Numeric):
    """An angle in radians, as degrees."""

    function, lookup_name = "degrees", "degrees"


class Exp(_Numeric):
    """e to this power."""

    function, lookup_name = "exp", "exp"


class Floor(Transform):
    """The largest whole number that is not greater."""

    function, lookup_name = "floor", "floor"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """FLOOR; of whole numbers a whole one, where databases give a float."""
        found = func.floor(*arguments)
        whole = isinstance(self.sources[0].output, IntegerField)
        return cast(found, self.output.sql_type()) if whole else found


class Ln(_Numeric):
    """The natural logarithm."""

    function, lookup_name = "ln", "ln"


class Log(_TwoNumbers):
    """The logarithm of the second argument to the base of the first."""

    function = "log"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """LOG; PostgreSQL has it for exact numbers only."""
        if compiler.vendor == "postgresql":
            found = func.log(*[cast(argument, Numeric()) for argument in arguments])
            return found if isinstance(self.output, DecimalField) else cast(found, Double())
        return func.log(*arguments)


class Mod(_TwoNumbers):
    """What remains after a division, with the sign of the first argument."""

    function = "mod"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """MOD; PostgreSQL has it for exact numbers only."""
        if compiler.vendor == "sqlite":
            return func.partita_mod(*arguments)
        if compiler.vendor == "postgresql":
            found = func.mod(*[cast(argument, Numeric()) for argument in arguments])
            return found if isinstance(self.output, DecimalField) else cast(found, Double())
        return func.mod(*arguments)


class Pi(Func):
    """The ratio of a circle's circumference to its diameter."""

    function, arity, output_field = "pi", 0, FLOAT

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """PI(), which MySQL rounds to six places."""
        return func.acos(literal_column("-1")) if compiler.vendor == "mysql" else func.pi()


class Power(_TwoNumbers):
    """The first argument to the power of the second."""

    function = "power"


class Radians(_Numeric):
    """An angle in degrees, as radians."""

    function, lookup_name = "radians", "radians"


class Round(Transform):
    """The value rounded to ``precision`` places after the point; negative ones count before it."""

    function, lookup_name, arity = "round", "round", None

    def __init__(self, expression: Any, precision: Any = 0, **extra: Any) -> None:
        super().__init__(expression, Value(precision, INTEGER) if isinstance(precision, int) else precision, **extra)

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """ROUND; SQLite's own does not count before the point."""
        number, places = arguments
        whole = isinstance(self.sources[0].output, IntegerField)
        if compiler.vendor == "sqlite":
            found = func.partita_round(number, places)
            return cast(found, self.output.sql_type()) if whole else found
        if compiler.vendor == "postgresql" and not isinstance(self.sources[0].output, DecimalField):
            return cast(func.round(cast(number, Numeric()), places), self.output.sql_type())
        return func.round(number, places)

    @property
    def output(self) -> Field[Any]:
        """As the number's."""
        if self.output_field is not None:
            return self.output_field
        found: Field[Any] = self.sources[0].output
        return found


class Sign(Transform):
    """-1, 0 or 1."""

    function, lookup_name = "sign", "sign"

    def call(self, compiler: "Compiler", *arguments: ColumnElement[Any]) -> ColumnElement[Any]:
        """SIGN, or our own in SQLite."""
        return func.partita_sign(*arguments) if compiler.vendor == "sqlite" else func.sign(*arguments)


class Sin(_Numeric):
    """The sine of an angle in radians."""

    function, lookup_name = "sin", "sin"


class Sqrt(_Numeric):
    """The square root."""

    function, lookup_name = "sqrt", "sqrt"


class Tan(_Numeric):
    """The tangent of an angle in radians."""

    function, lookup_name = "tan", "tan"
