"""The grammar of ``{% if %}``: operators with Django's precedence."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from partita.templates.errors import TemplateSyntaxError, VariableDoesNotExist
from partita.templates.expressions import FilterExpression

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("Condition", "condition_code", "parse_condition")

MAX_WORDS = 300
_POWERS = {"or": 6, "and": 7, "not": 8, "in": 9, "not in": 9, "is": 10, "is not": 10}
_COMPARE = {"==": "eq", "!=": "ne", ">": "gt", ">=": "ge", "<": "lt", "<=": "le", "in": "in_", "not in": "not_in",
            "is": "is_", "is not": "is_not"}  # fmt: skip
_POWERS.update(dict.fromkeys(("==", "!=", ">", ">=", "<", "<="), 10))


class Condition:
    """A tree of operators over filter expressions."""

    __slots__ = ("first", "operator", "second")

    def __init__(
        self, operator: str, first: "Condition | FilterExpression", second: "Condition | FilterExpression | None" = None
    ) -> None:
        self.operator, self.first, self.second = operator, first, second

    def code(self, generator: "Generator") -> str:
        """Return Python for the value."""
        left = _operand(self.first, generator)
        if (
            self.operator in {"and", "or"}
            and isinstance(self.first, Condition)
            and self.first.operator == self.operator
        ):
            left = left.removeprefix("(").removesuffix(")") if left.startswith("(") else left
        if self.second is None:
            code = f"(not {left})"
        else:
            right = _operand(self.second, generator)
            if self.operator in _COMPARE:
                code = f"{_COMPARE[self.operator]}({left}, {right})"
            else:
                code = f"({left} {self.operator} {right})"
        if _may_lack_argument(self.first) or (self.second is not None and _may_lack_argument(self.second)):
            return f"{generator.constant(_false_if_missing)}(lambda: {code})"
        return code


def condition_code(condition: "Condition | FilterExpression", generator: "Generator") -> str:
    """Return Python for a condition. If the argument of a filter in it is not there, it is false."""
    code = _operand(condition, generator)
    if _may_lack_argument(condition):
        return f"{generator.constant(_false_if_missing)}(lambda: {code})"
    return code


def _operand(operand: "Condition | FilterExpression", generator: "Generator") -> str:
    return operand.code(generator, "None") if isinstance(operand, FilterExpression) else operand.code(generator)


def _may_lack_argument(operand: "Condition | FilterExpression") -> bool:
    return isinstance(operand, FilterExpression) and operand.may_lack_argument()


def _false_if_missing(value: Callable[[], object]) -> object:
    try:
        return value()
    except VariableDoesNotExist:
        return False


class _Parser:
    def __init__(self, words: Sequence[str], compile_filter: Callable[[str], FilterExpression]) -> None:
        self.words = _joined(words)
        self.at = 0
        self.compile_filter = compile_filter
        self.depth = 0

    def parse(self) -> "Condition | FilterExpression":
        if not self.words:
            raise TemplateSyntaxError("'if' needs a condition, as in {% if user.is_active %}")
        if len(self.words) > MAX_WORDS:
            raise TemplateSyntaxError(f"the condition has {len(self.words)} words: expected at most {MAX_WORDS}")
        tree = self.expression(0)
        if self.at < len(self.words):
            raise TemplateSyntaxError(f"unused {self.words[self.at][:80]!r} at the end of the condition")
        return tree

    def expression(self, power: int) -> "Condition | FilterExpression":
        self.depth += 1
        if self.depth > 50:
            raise TemplateSyntaxError("the condition is nested too deep: expected at most 50 levels")
        left = self.operand()
        while self.at < len(self.words):
            operator = self.words[self.at]
            own = _POWERS.get(operator, 0) if operator != "not" else 0
            if own <= power:
                break
            self.at += 1
            left = Condition(operator, left, self.expression(own))
        self.depth -= 1
        return left

    def operand(self) -> "Condition | FilterExpression":
        if self.at >= len(self.words):
            raise TemplateSyntaxError("the condition ends where an operand was expected")
        word = self.words[self.at]
        self.at += 1
        if word == "not":
            return Condition("not", self.expression(_POWERS["not"]))
        if word in _POWERS:
            raise TemplateSyntaxError(f"operator {word!r} stands where an operand was expected")
        return self.compile_filter(word)


def parse_condition(
    words: Sequence[str], compile_filter: Callable[[str], FilterExpression]
) -> "Condition | FilterExpression":
    """Parse the words after ``if``.

    Raises:
        TemplateSyntaxError: If they are not a condition.
    """
    return _Parser(words, compile_filter).parse()


def _joined(words: Sequence[str]) -> list[str]:
    """Make one word of ``not in`` and ``is not``."""
    joined: list[str] = []
    for word in words:
        if joined and ((joined[-1], word) in {("not", "in"), ("is", "not")}):
            joined[-1] = f"{joined[-1]} {word}"
        else:
            joined.append(word)
    return joined
