"""Variables and filter chains: parsed once, then written as Python or resolved against a context."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from partita.contracts.i18n import gettext
from partita.templates import runtime
from partita.templates.context import MISSING, Context
from partita.templates.errors import TemplateSyntaxError, VariableDoesNotExist
from partita.text.localize import to_zone

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("FilterExpression", "Variable")

_QUOTED = r"""(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')"""
_ATOM = rf"_\(\s*{_QUOTED}\s*\)|{_QUOTED}|[-+]?\.?\d[\d.e]*(?![\w])|[\w.+-]+"
_FIRST = re.compile(rf"\s*({_ATOM})")
_FILTER = re.compile(rf"\s*\|\s*(\w+)(?:\s*:\s*({_ATOM}))?")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", re.ASCII)
# Python takes at most 200 parentheses inside each other.
MAX_FILTERS = 40
MAX_STEPS = 60
_PART = re.compile(r"\w+")
_SIMPLE = re.compile(r"[^\W\d_]\w*(?:\.[^\W_]\w*)*")
_LITERALS: dict[str, object] = {"True": True, "False": False, "None": None}


class Variable:
    """A constant, or a dotted path such as ``article.author.name``.

    Args:
        text: As written in the template.

    Raises:
        TemplateSyntaxError: If it is none of these.
    """

    __slots__ = ("constant", "literal", "path", "translate", "var")

    def __init__(self, text: str) -> None:
        self.var = text
        self.path: tuple[str, ...] = ()
        self.literal: Any = None
        self.translate = False
        self.constant = True
        if _SIMPLE.fullmatch(text) and text not in _LITERALS:
            self.constant = False
            self.path = tuple(text.split("."))
            self._check_steps()
        elif text.startswith("_(") and text.endswith(")"):
            self.translate = True
            self.constant = False
            self.literal = _unquote(text[2:-1].strip())
        elif text[:1] in {'"', "'"}:
            self.literal = Markup(_unquote(text))
        elif _NUMBER.fullmatch(text) and not text.endswith("."):
            self.literal = float(text) if "." in text or "e" in text else int(text[:400])
        elif text in _LITERALS:
            self.literal = _LITERALS[text]
        else:
            self.constant = False
            self.path = tuple(text.split("."))
            for part in self.path:
                if not part or not _PART.fullmatch(part):
                    raise TemplateSyntaxError(
                        f"could not parse {text[:80]!r}: expected a name, a dotted path, a number or a quoted text"
                    )
                if part.startswith("_"):
                    raise TemplateSyntaxError(f"{text[:80]!r}: names and attributes may not begin with an underscore")
            self._check_steps()

    def _check_steps(self) -> None:
        if len(self.path) > MAX_STEPS:
            raise TemplateSyntaxError(f"{self.var[:80]!r} has too many steps: expected at most {MAX_STEPS}")

    def lookup(self, context: Context | Mapping[str, Any]) -> Any:
        """Return the value in ``context``, or the marker for a missing one."""
        if not self.path:
            return _translated(self.literal) if self.translate else self.literal
        names, engine = (context.vars, context.engine) if isinstance(context, Context) else (context, None)
        value = names.get(self.path[0], MISSING)
        if engine is not None and engine.sandboxed:
            return self._lookup_in_sandbox(value)
        if value.__class__ not in runtime.PLAIN:
            value = runtime.settle(value)
        for key in self.path[1:]:
            value = runtime.index(value, int(key), key) if key.isdecimal() else runtime.look(value, key)
        return value

    def _lookup_in_sandbox(self, value: Any) -> Any:
        from partita.templates import sandbox

        value = sandbox.settle(value)
        for key in self.path[1:]:
            value = sandbox.index(value, int(key), key) if key.isdecimal() else sandbox.look(value, key)
        return value

    def resolve(self, context: Context | Mapping[str, Any]) -> Any:
        """Return the value in ``context``, which may be a plain mapping too.

        Raises:
            VariableDoesNotExist: If a part of the path is missing.
        """
        value = self.lookup(context)
        if value is MISSING:
            raise VariableDoesNotExist(self.var)
        return value

    def code(self, generator: "Generator") -> str:
        """Return Python for the value; it yields the marker for a missing one."""
        if not self.path:
            if self.translate:
                return f"{generator.constant(_translated)}({self.literal!r})"
            if self.literal is None or type(self.literal) in {bool, int, float}:
                return f"({self.literal!r})" if self.literal not in {float("inf")} else generator.constant(self.literal)
            return generator.constant(self.literal)
        return generator.lookup(self.path)

    def __repr__(self) -> str:
        return f"Variable({self.var!r})"

    def __str__(self) -> str:
        return self.var


class FilterExpression:
    """A variable and the filters it passes through, such as ``title|lower|truncatewords:5``.

    Args:
        text: As written in the template.
        find_filter: Returns the function of a filter by name.

    Raises:
        TemplateSyntaxError: If the text does not follow the grammar or a filter gets the wrong number of arguments.
    """

    __slots__ = ("filters", "is_var", "token", "var")

    def __init__(self, text: str, find_filter: Callable[[str], Callable[..., Any]]) -> None:
        self.token = text
        if _SIMPLE.fullmatch(text):  # most of them
            self.var = Variable(text)
            self.is_var = bool(self.var.path)
            self.filters: list[tuple[str, Callable[..., Any], list[Variable]]] = []
            return
        first = _FIRST.match(text)
        if first is None:
            raise TemplateSyntaxError(f"could not parse {text[:80]!r}: expected a variable or a constant")
        self.var = Variable(first[1])
        self.is_var = bool(self.var.path)
        self.filters = []
        at = first.end()
        while at < len(text):
            found = _FILTER.match(text, at)
            if found is None:
                rest = text[at:]
                if rest.isspace():
                    break
                raise TemplateSyntaxError(
                    f"Could not parse the remainder: {rest[:80]!r} from {text[:80]!r}. Expected a filter, as in |name or "
                    f"|name:argument"
                )
            name, argument = found[1], found[2]
            arguments = [Variable(argument)] if argument is not None else []
            function = find_filter(name)
            _check_arguments(name, function, len(arguments))
            self.filters.append((name, function, arguments))
            if len(self.filters) > MAX_FILTERS:
                raise TemplateSyntaxError(f"{text[:80]!r} has too many filters: expected at most {MAX_FILTERS}")
            at = found.end()

    def resolve(self, context: Context, ignore_failures: bool = False) -> Any:
        """Return the value in ``context``.

        Args:
            context: Where names are looked up.
            ignore_failures: Give None for what is missing, not the engine's ``string_if_invalid``.
        """
        value = self.var.lookup(context)
        if value is MISSING:
            if ignore_failures:
                value = None
            elif context.engine is not None and context.engine.strict and not self._has_default():
                raise VariableDoesNotExist(self.var.var)
            else:
                invalid = context.engine.string_if_invalid if context.engine is not None else ""
                if invalid:
                    return invalid.replace("%s", str(self.var), 1)
                value = ""
        for _, function, arguments in self.filters:
            value = _apply(function, value, [argument.resolve(context) for argument in arguments], context.autoescape)
        return value

    def code(self, generator: "Generator", missing: str = "''", around: Callable[[str], str] | None = None) -> str:
        """Return Python for the value.

        Args:
            generator: Knows the names that are local where this is written.
            missing: What a missing variable becomes: ``''``, ``None``, or ``M`` to leave that to who uses the value.
            around: Given Python for the variable alone, returns what the filters apply to.
        """
        if around is None and self.var.constant and self._foldable():
            folded = self._folded(generator.autoescape)
            if folded is not None:
                return folded.code(generator)
        code = self.var.code(generator)
        if generator.strict and self.is_var and missing != "None" and not self._has_default():
            template, line = generator.where
            code = f"{generator.constant(_present)}(settled({code}), {self.var.var!r}, {template!r}, {line})"
        if self.var.constant or self.var.translate:
            value = code
        elif missing == "None":
            value = f"valn({code})"
        elif missing == "M" and not self.filters and around is None:
            return code
        else:
            value = f"val({code})"
        if around is not None:
            return self._filtered(around(value), generator)
        invalid = generator.string_if_invalid
        if missing == "None" or not invalid or not self.is_var:
            return self._filtered(value, generator)
        bad = generator.constant(invalid.replace("%s", str(self.var), 1))
        temporary = generator.temporary()
        chain = self._filtered(f"val({temporary})", generator)
        return f"({bad} if ({temporary} := settled({code})) is M else {chain})"

    def _filtered(self, code: str, generator: "Generator") -> str:
        for name, function, arguments in self.filters:
            values = [argument.code(generator) if argument.constant else _argument(argument, generator)
                      for argument in arguments]  # fmt: skip
            flags = function.__dict__
            call = generator.filter_name(name, function)
            if flags.get("expects_localtime"):
                code = f"{generator.constant(to_zone)}({code})"
            extra = [f"autoescape={generator.autoescape}"] if flags.get("needs_autoescape") else []
            if flags.get("is_safe"):
                temporary = generator.temporary()
                parts = ", ".join([f"({temporary} := {code})", *values, *extra])
                code = f"{generator.constant(_keep_safe)}({call}({parts}), {temporary})"
            else:
                code = f"{call}({', '.join([code, *values, *extra])})"
            if flags.get("may_wait", True):
                code = f"await_({code})"
        return code

    def may_lack_argument(self) -> bool:
        """Whether a filter's argument is a variable, so that working this out may raise `VariableDoesNotExist`."""
        return any(argument.path for _, _, arguments in self.filters for argument in arguments)

    def _has_default(self) -> bool:
        return bool(self.filters) and self.filters[0][0] in {"default", "default_if_none"}

    def _folded(self, autoescape: bool) -> Variable | None:
        try:
            return _constant(self.resolve(Context(autoescape=autoescape)))
        except Exception:  # noqa: BLE001 - what fails here fails again when rendered, with its traceback
            return None

    def _foldable(self) -> bool:
        return all(
            function.__dict__.get("pure") and all(argument.constant for argument in arguments)
            for _, function, arguments in self.filters
        )

    def __str__(self) -> str:
        return self.token

    def __repr__(self) -> str:
        return f"FilterExpression({self.token!r})"


def _argument(argument: Variable, generator: "Generator") -> str:
    """A filter's argument that is a variable: unlike the value filtered, it has to be there."""
    return f"{generator.constant(_required)}(settled({argument.code(generator)}), {argument.var!r})"


def _required(value: Any, name: str) -> Any:
    if value is MISSING:
        raise VariableDoesNotExist(name)
    return value


def _present(value: Any, name: str, template: str, line: int) -> Any:
    """A variable of a strict engine."""
    if value is MISSING:
        raise VariableDoesNotExist(name, template, line)
    return value


def _constant(value: object) -> Variable:
    made = Variable("None")
    made.literal = value
    return made


def _apply(function: Callable[..., Any], value: Any, arguments: Sequence[Any], autoescape: bool) -> Any:
    flags = function.__dict__
    if flags.get("expects_localtime"):
        value = to_zone(value)
    if flags.get("needs_autoescape"):
        result = function(value, *arguments, autoescape=autoescape)
    else:
        result = function(value, *arguments)
    result = runtime.settle_result(result)
    return _keep_safe(result, value) if flags.get("is_safe") else result


def _keep_safe(result: Any, value: Any) -> Any:
    """What a filter made of safe text is safe, if the filter says that it adds nothing unsafe."""
    if isinstance(value, Markup) and not isinstance(result, Markup):
        return Markup(result)
    return result


def _check_arguments(name: str, function: Callable[..., Any], given: int) -> None:
    least, most = filter_arity(function)
    if not least <= given + 1 <= most:
        expected = "no argument" if most == 1 else "one argument" if least == 2 else "at most one argument"
        raise TemplateSyntaxError(f"filter {name!r} takes {expected}, got {given}")


# The same few functions are asked for again and again, and `inspect` is slow: a fifth of the time of parsing went there.
@lru_cache(maxsize=1024)
def filter_arity(function: Callable[..., Any]) -> tuple[int, int]:
    """Return how many positional arguments a filter's function needs, and how many it takes, with the value."""
    import inspect

    least = most = 0
    for parameter in inspect.signature(inspect.unwrap(function)).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            return least, 1000
        if parameter.kind in {parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD}:
            if parameter.name == "autoescape" and function.__dict__.get("needs_autoescape"):
                continue
            most += 1
            least += parameter.default is parameter.empty
    return least, most


def _translated(text: str) -> Markup:
    # What the author of a template writes is safe, and so is what its translator made of it.
    return Markup(gettext(text))


def _unquote(text: str) -> str:
    if len(text) < 2 or text[0] != text[-1] or text[0] not in {'"', "'"}:
        raise TemplateSyntaxError(f"expected a quoted text, got {text[:80]!r}")
    return re.sub(r"\\(.)", lambda found: found[1] if found[1] in {"\\", text[0]} else found[0], text[1:-1])
