"""The tag library ``l10n``; needs partita-templates."""

from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from partita.i18n.formats import currency
from partita.templates import Library, Node, NodeList, Parser, TemplateSyntaxError, Token
from partita.text.formats import ENGLISH, FORMATS
from partita.text.localize import localize

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("register",)

register = Library()


@register.filter("localize", is_safe=False)
def localize_filter(value: Any) -> str:
    """Write a value as the language in force does."""
    return str(localize(value))


@register.filter(is_safe=False)
def unlocalize(value: Any) -> str:
    """Write a value the same in every language."""
    return str(value)


@register.filter("currency", is_safe=False)
def currency_filter(value: Any, code: str | None = None) -> str:
    """Write an amount of money: ``{{ price|currency }}`` in the site's currency, or ``{{ price|currency:"EUR" }}``."""
    try:
        return currency(value if isinstance(value, int | float) else Decimal(str(value)), code)
    except InvalidOperation:
        return str(value)


class LocalizeNode(Node):
    """``{% localize %}``."""

    def __init__(self, on: bool, nodelist: NodeList) -> None:
        self.on, self.nodelist = on, nodelist

    def compile(self, generator: "Generator") -> None:
        formats = generator.constant(FORMATS)
        if self.on:
            generator.nodes(self.nodelist)
            return
        token = generator.temporary()
        with generator.captured() as output:
            generator.line(f"{token} = {formats}.set({generator.constant(ENGLISH)})")
            with generator.indented("try:"):
                generator.nodes(self.nodelist)
            with generator.indented("finally:"):
                generator.line(f"{formats}.reset({token})")
        generator.put(f"''.join({output})")


@register.tag("localize")
def localize_tag(parser: Parser, token: Token) -> Node:
    """``{% localize off %} ... {% endlocalize %}``."""
    words = token.split_contents()
    if len(words) > 2 or words[1:] not in ([], ["on"], ["off"]):
        raise TemplateSyntaxError("'localize' takes 'on' or 'off'")
    nodelist = parser.parse(("endlocalize",))
    parser.delete_first_token()
    return LocalizeNode(words[1:] != ["off"], nodelist)
