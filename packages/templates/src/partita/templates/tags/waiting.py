"""The tag ``parallel``: parts of a page that wait at the same time."""

from collections.abc import Iterator
from copy import copy
from typing import TYPE_CHECKING

from markupsafe import Markup

from partita.bridge import active, run, wait
from partita.templates.errors import TemplateSyntaxError
from partita.templates.library import Library
from partita.templates.nodes import Node, NodeList
from partita.templates.parser import Parser
from partita.templates.tokens import Token

if TYPE_CHECKING:
    from partita.templates.context import Context

__all__ = ("ParallelNode", "register")

register = Library()


class ParallelNode(Node):
    """``{% parallel %}``: parts that do not see what the others assign."""

    uses_context = True

    def __init__(self, parts: list[NodeList]) -> None:
        self.parts = parts

    def children(self) -> Iterator[NodeList]:
        return iter(self.parts)

    def render(self, context: "Context") -> str:
        # Each part has a context of its own, for they take turns whenever one of them waits.
        contexts = [copy(context) for _ in self.parts]
        if active():
            return Markup("".join(wait(_together(self.parts, contexts))))
        return Markup("".join(part.render(own) for part, own in zip(self.parts, contexts, strict=True)))


async def _together(parts: list[NodeList], contexts: "list[Context]") -> list[Markup]:
    import asyncio  # slow, and most templates are sync

    tasks = [asyncio.ensure_future(run(part.render, own)) for part, own in zip(parts, contexts, strict=True)]
    try:
        return await asyncio.gather(*tasks)
    except BaseException:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise


@register.tag
def parallel(parser: Parser, token: Token) -> Node:
    """``{% parallel %} slow {% also %} slow too {% endparallel %}``; one after the other in sync rendering."""
    if len(token.split_contents()) != 1:
        raise TemplateSyntaxError("'parallel' takes no arguments: its parts are divided by {% also %}")
    parts: list[NodeList] = []
    while True:
        parts.append(parser.parse(("also", "endparallel")))
        if parser.next_token().contents == "endparallel":
            return ParallelNode(parts)
