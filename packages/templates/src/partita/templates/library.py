"""Custom tags and filters: `Library`, as Django's users know it."""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from markupsafe import Markup

from partita.templates.context import Context
from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.nodes import Node, NodeList
from partita.templates.parser import Parser, TagFunction
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from inspect import Signature

    from partita.templates.codegen import Generator
    from partita.templates.components import Component
    from partita.templates.template import Template

__all__ = ("Library", "SimpleNode", "parse_arguments", "stringfilter")

F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound="type[Component]")


def stringfilter(function: F) -> F:
    """Let a filter's function get text, whatever the value is; safe text stays safe if the filter is ``is_safe``."""

    @functools.wraps(function)
    def filtered(value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return function(value, *args, **kwargs)
        text = str(value)
        result = function(text, *args, **kwargs)
        # An object whose text says of itself that it is safe.
        return Markup(result) if isinstance(text, Markup) and filtered.__dict__.get("is_safe") else result

    return filtered  # type: ignore[return-value] # same signature, but for what the first argument may be


class Library:
    """The tags and filters of one module, which names it ``register``."""

    def __init__(self) -> None:
        self.filters: dict[str, Callable[..., Any]] = {}
        self.tags: dict[str, TagFunction] = {}
        self.components: dict[str, type[Component]] = {}
        self.suggestions: dict[str, Callable[[], Iterable[str]]] = {}
        """What may stand as the first argument of a tag, by its name; for editors."""

    def component(self, name: str) -> "Callable[[C], C]":
        """Register a `components.Component` class under ``name``; used as a decorator."""

        def register(kind: C) -> C:
            self.components[name] = kind
            return kind

        return register

    @overload
    def filter(self, name: F) -> F: ...
    @overload
    def filter(self, name: str, filter_func: F, **flags: bool) -> F: ...
    @overload
    def filter(self, name: str | None = None, filter_func: None = None, **flags: bool) -> Callable[[F], F]: ...

    def filter(self, name: Any = None, filter_func: Any = None, **flags: Any) -> Any:
        """Register a filter; may be used as a decorator with or without arguments.

        Args:
            name: By default the function's name.
            filter_func: The function, if this is not used as a decorator.
            **flags: ``is_safe``: adds nothing that needs escaping. ``needs_autoescape``: takes ``autoescape``.
                ``expects_localtime``: wants aware times in the current zone. ``pure``: same arguments, same result, so
                constants may be folded.
        """
        unknown = set(flags) - {"is_safe", "needs_autoescape", "expects_localtime", "pure", "may_wait"}
        if unknown:
            raise TypeError(f"unknown flags of a filter: {', '.join(sorted(unknown))}")
        if callable(name):
            return self._add_filter(_name_of(name), name, flags)
        if filter_func is not None:
            if not isinstance(name, str) or not callable(filter_func):
                raise ValueError(f"Unsupported arguments to Library.filter: {(name, filter_func)!r}")
            return self._add_filter(name, filter_func, flags)
        return lambda function: self._add_filter(name or _name_of(function), function, flags)

    def _add_filter(self, name: str, function: Any, flags: dict[str, bool]) -> Any:
        for flag, value in flags.items():
            setattr(function, flag, value)
        self.filters[name] = function
        return function

    @overload
    def tag(self, name: F) -> F: ...
    @overload
    def tag(self, name: str, compile_function: F) -> F: ...
    @overload
    def tag(self, name: str | None = None, compile_function: None = None) -> Callable[[F], F]: ...

    def tag(self, name: Any = None, compile_function: Any = None) -> Any:
        """Register a function that takes the parser and the token, and returns a `Node`."""
        if callable(name):
            return self.tag(_name_of(name), name)
        if compile_function is not None:
            if not isinstance(name, str) or not callable(compile_function):
                raise ValueError(f"Unsupported arguments to Library.tag: {(name, compile_function)!r}")
            given: Any = compile_function
            self.tags[name] = given
            return given

        def register(function: Any) -> Any:
            self.tags[name or _name_of(function)] = function
            return function

        return register

    @overload
    def simple_tag(self, func: F) -> F: ...
    @overload
    def simple_tag(
        self,
        func: None = None,
        takes_context: bool | None = None,
        name: str | None = None,
        check: Callable[..., Iterable[str]] | None = None,
    ) -> Callable[[F], F]: ...

    def simple_tag(
        self,
        func: Any = None,
        takes_context: bool | None = None,
        name: str | None = None,
        check: Callable[..., Iterable[str]] | None = None,
    ) -> Any:
        """Register a function as a tag that shows what it returns, or stores it with ``as name``.

        Args:
            func: The function.
            takes_context: Whether its first argument is the context.
            name: Of the tag, by default that of the function.
            check: Called by the static checker with the tag's arguments, if all of them are constants and nothing is stored;
                gives what can be seen to be wrong with them.
        """

        def make(function: Callable[..., Any], tag_name: str) -> TagFunction:
            signature = _signature(function, bool(takes_context), tag_name)

            def compile_tag(parser: Parser, token: Token) -> Node:
                words, target = _split_target(token.split_contents()[1:])
                args, kwargs = parse_arguments(parser, words, tag_name, signature)
                return SimpleNode(function, bool(takes_context), args, kwargs, target, check=check)

            return compile_tag

        return _register(self, "simple_tag", func, name, make)

    @overload
    def simple_block_tag(self, func: F) -> F: ...
    @overload
    def simple_block_tag(
        self, func: None = None, takes_context: bool | None = None, name: str | None = None, end_name: str | None = None
    ) -> Callable[[F], F]: ...

    def simple_block_tag(
        self,
        func: Any = None,
        takes_context: bool | None = None,
        name: str | None = None,
        end_name: str | None = None,
    ) -> Any:
        """Register a function as a tag with a body; it gets the rendered body as ``content``."""

        def make(function: Callable[..., Any], tag_name: str) -> TagFunction:
            closing = end_name or f"end{tag_name}"
            signature = _signature(function, bool(takes_context), tag_name, "content")

            def compile_tag(parser: Parser, token: Token) -> Node:
                words, target = _split_target(token.split_contents()[1:])
                args, kwargs = parse_arguments(parser, words, tag_name, signature)
                nodes = parser.parse((closing,))
                parser.delete_first_token()
                return SimpleNode(function, bool(takes_context), args, kwargs, target, nodes)

            return compile_tag

        return _register(self, "simple_block_tag", func, name, make)

    @overload
    def inclusion_tag(self, filename: "str | Sequence[str] | Template", func: F) -> F: ...
    @overload
    def inclusion_tag(
        self,
        filename: "str | Sequence[str] | Template",
        func: None = None,
        takes_context: bool | None = None,
        name: str | None = None,
    ) -> Callable[[F], F]: ...

    def inclusion_tag(
        self,
        filename: "str | Sequence[str] | Template",
        func: Any = None,
        takes_context: bool | None = None,
        name: str | None = None,
    ) -> Any:
        """Register a function whose returned mapping is the context of another template, shown in the tag's place."""

        def make(function: Callable[..., Any], tag_name: str) -> TagFunction:
            signature = _signature(function, bool(takes_context), tag_name)

            def compile_tag(parser: Parser, token: Token) -> Node:
                args, kwargs = parse_arguments(parser, token.split_contents()[1:], tag_name, signature)
                return InclusionNode(function, bool(takes_context), args, kwargs, filename)

            return compile_tag

        return _register(self, "inclusion_tag", func, name, make)


def _name_of(function: Any) -> str:
    name: str = getattr(function, "__name__", "") or getattr(type(function), "__name__", "")
    return name


def _register(
    library: "Library",
    kind: str,
    func: Any,
    name: str | None,
    make: "Callable[[Callable[..., Any], str], TagFunction]",
) -> Any:
    """Register ``func``, or return the decorator that will."""

    def register(function: F) -> F:
        tag_name = name or _name_of(function)
        compile_tag: Any = make(function, tag_name)
        compile_tag.__wrapped__ = function  # as functools.wraps does it: tools look for it
        library.tags[tag_name] = compile_tag
        return function

    if func is None:
        return register
    if not callable(func):
        raise ValueError(f"Invalid arguments provided to {kind}: expected a function, got {func!r}")
    return register(func)


def _split_target(words: list[str]) -> tuple[list[str], str | None]:
    """Split ``a b as name`` at ``as``."""
    if len(words) >= 2 and words[-2] == "as":
        return words[:-2], words[-1]
    return words, None


def _signature(function: Callable[..., Any], takes_context: bool, name: str, second: str | None = None) -> "Signature":
    """Return the signature that the template sees."""
    import inspect

    signature = inspect.signature(inspect.unwrap(function))
    parameters = list(signature.parameters.values())
    for expected in [*(["context"] if takes_context else []), *([second] if second else [])]:
        if not parameters or parameters[0].name != expected:
            raise TemplateSyntaxError(
                f"tag {name!r}: its function must have the parameter {expected!r} "
                f"{'first' if expected == 'context' else 'before those of the tag'}"
            )
        del parameters[0]
    return signature.replace(parameters=parameters)


def parse_arguments(
    parser: Parser, words: Sequence[str], name: str, signature: "Signature | None" = None
) -> tuple[list[FilterExpression], dict[str, FilterExpression]]:
    """Read positional and named arguments of a tag.

    Raises:
        TemplateSyntaxError: If they do not fit ``signature``.
    """
    args: list[FilterExpression] = []
    kwargs: dict[str, FilterExpression] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if equals and key.isidentifier() and value:
            if key in kwargs:
                raise TemplateSyntaxError(f"{name!r} received multiple values for keyword argument {key!r}")
            kwargs[key] = parser.compile_filter(value)
        elif kwargs:
            raise TemplateSyntaxError(f"{name!r} got a positional argument after a named one: {word[:80]!r}")
        else:
            args.append(parser.compile_filter(word))
    if signature is not None:
        try:
            signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TemplateSyntaxError(f"{name!r} cannot take these arguments: {error}") from None
    return args, kwargs


def call_code(
    generator: "Generator",
    function: object,
    leading: Sequence[str],
    args: Sequence[FilterExpression],
    kwargs: dict[str, FilterExpression],
) -> str:
    """Return Python for a call with a tag's arguments."""
    values = [*leading, *(arg.code(generator) for arg in args)]
    values.extend(f"{key}={value.code(generator)}" for key, value in kwargs.items() if not keyword_clash(key))
    clashing = [f"{key!r}: {value.code(generator)}" for key, value in kwargs.items() if keyword_clash(key)]
    if clashing:
        values.append(f"**{{{', '.join(clashing)}}}")
    return f"{generator.constant(function)}({', '.join(values)})"


def keyword_clash(name: str) -> bool:
    """Whether Python could not take ``name`` as a keyword argument in source."""
    import keyword

    return keyword.iskeyword(name)


class SimpleNode(Node):
    """A call of the function of a `Library.simple_tag` or `Library.simple_block_tag`."""

    def __init__(
        self,
        function: Callable[..., Any],
        takes_context: bool,
        args: list[FilterExpression],
        kwargs: dict[str, FilterExpression],
        target: str | None,
        nodelist: NodeList | None = None,
        check: Callable[..., Iterable[str]] | None = None,
    ) -> None:
        self.function, self.takes_context, self.args, self.kwargs = function, takes_context, args, kwargs
        self.target, self.nodelist, self.check = target, nodelist, check
        self.uses_context = takes_context or target is not None

    def problems(self) -> Iterable[str]:
        given = [*self.args, *self.kwargs.values()]
        if self.check is None or self.target is not None or any(not one.var.constant or one.filters for one in given):
            return ()
        values = {name: one.var.literal for name, one in self.kwargs.items()}
        return self.check(*(one.var.literal for one in self.args), **values)

    def compile(self, generator: "Generator") -> None:
        leading = ["c"] if self.takes_context else []
        if self.nodelist is not None:
            with generator.captured() as output:
                generator.nodes(self.nodelist)
            leading.append(f"joined({output})")
        call = call_code(generator, self.function, leading, self.args, self.kwargs)
        if self.target is not None:
            generator.line(f"c[{self.target!r}] = await_({call})")
        else:
            generator.put(f"{'tag' if generator.autoescape else 'tagraw'}({call})")


class InclusionNode(Node):
    """A call of the function of a `Library.inclusion_tag`, and the template that shows its result."""

    def __init__(
        self,
        function: Callable[..., Any],
        takes_context: bool,
        args: list[FilterExpression],
        kwargs: dict[str, FilterExpression],
        filename: "str | Sequence[str] | Template",
    ) -> None:
        self.function, self.takes_context, self.args, self.kwargs = function, takes_context, args, kwargs
        self.filename = filename

    def compile(self, generator: "Generator") -> None:
        call = call_code(generator, self.function, ["c"] if self.takes_context else [], self.args, self.kwargs)
        generator.put(f"{generator.constant(self.show)}(c, await_({call}))")

    def show(self, context: Context, values: dict[str, object]) -> Markup:
        """Render the template with ``values``."""
        from partita.templates.template import include

        engine = context.engine
        if engine is None:
            raise TemplateSyntaxError("an inclusion tag needs an engine: render the template through Engine")
        if isinstance(self.filename, str):
            template = engine.get_template(self.filename)
        elif isinstance(self.filename, Sequence):
            template = engine.select_template(self.filename)
        else:
            template = self.filename
        inner = context.new(values)
        if "csrf_token" in context and "csrf_token" not in inner:
            inner["csrf_token"] = context["csrf_token"]
        output: list[str] = []
        include(template, inner, output)
        return Markup("".join(output))
