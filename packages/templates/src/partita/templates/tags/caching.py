"""The tag ``cache``."""

from typing import TYPE_CHECKING

from partita.templates.errors import TemplateSyntaxError
from partita.templates.expressions import FilterExpression
from partita.templates.fragments import find_store, fragment_key, keep_fragment, load_fragment, seconds_of
from partita.templates.library import Library
from partita.templates.nodes import Node, NodeList
from partita.templates.parser import Parser
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("CacheNode", "register")

register = Library()


class CacheNode(Node):
    """``{% cache %}``."""

    uses_context = False

    def __init__(
        self,
        seconds: FilterExpression,
        name: str,
        vary_on: list[FilterExpression],
        options: dict[str, FilterExpression],
        nodelist: NodeList,
    ) -> None:
        self.seconds, self.name, self.vary_on, self.options, self.nodelist = seconds, name, vary_on, options, nodelist

    def compile(self, generator: "Generator") -> None:
        store, key, text = generator.temporary(), generator.temporary(), generator.temporary()
        using = self.options["using"].code(generator) if "using" in self.options else "'default'"
        version = self.options["version"].code(generator, "None") if "version" in self.options else "None"
        values = "".join(f"{value.code(generator)}, " for value in self.vary_on)
        generator.line(f"{store} = {generator.constant(find_store)}(c, {using})")
        generator.line(f"{key} = {generator.constant(fragment_key)}({self.name!r}, ({values}), {version})")
        generator.line(f"{text} = {generator.constant(load_fragment)}({store}, {key})")
        with generator.indented(f"if {text} is None:"):
            with generator.captured() as output:
                generator.nodes(self.nodelist)
            seconds = f"{generator.constant(seconds_of)}({self.seconds.code(generator, 'None')})"
            generator.line(f"{text} = {generator.constant(keep_fragment)}({store}, {key}, joined({output}), {seconds})")
        generator.put(text)


@register.tag
def cache(parser: Parser, token: Token) -> Node:
    """``{% cache 500 sidebar user.id version=3 using="fragments" %} ... {% endcache %}``."""
    words = token.split_contents()[1:]
    if len(words) < 2:
        raise TemplateSyntaxError("'cache' needs a number of seconds and a name")
    seconds, name, *rest = words
    options: dict[str, FilterExpression] = {}
    vary_on: list[FilterExpression] = []
    for word in rest:
        option, equals, value = word.partition("=")
        if equals and option in {"using", "version"} and value:
            options[option] = parser.compile_filter(value)
        else:
            vary_on.append(parser.compile_filter(word))
    nodelist = parser.parse(("endcache",))
    parser.delete_first_token()
    return CacheNode(parser.compile_filter(seconds), name, vary_on, options, nodelist)
