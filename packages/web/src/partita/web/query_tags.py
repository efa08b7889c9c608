"""Comments behind SQL that say which view asked, so that a database's log of slow statements leads to the code.

They are written as sqlcommenter has it: ``/*app='shop',controller='shop:album',route='albums/<int:pk>/'*/``.
"""

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from typing import Any

from partita.contracts.current import find
from partita.http import Handler, Layer, Request, Response
from partita.http.handlers import HOST
from partita.web.keys import MATCH

__all__ = ("query_tags_layer", "sql_comment")

# Nothing that could end the comment, be a parameter in any driver's style, or begin a hint of MySQL's.
_UNSAFE = re.compile(r"[^A-Za-z0-9_.:<>()\[\] /@|-]")
_LONGEST = 200


def query_tags_layer(app: str = "", more: Callable[[Request], dict[str, str]] | None = None) -> Layer:
    """Return the layer for ``App(middleware=[...])`` that puts comments behind the statements of requests.

    Each view has texts of its own then, and so its own prepared statements. Statements of requests are watched, which costs some
    microseconds each.

    Args:
        app: The name of the application.
        more: Gives more tags for a request, such as its trace; a tag that differs in each request makes each statement new.
    """

    def middleware(handler: Handler) -> Handler:
        async def tagging(request: Request) -> Response:
            databases: Any = None
            if "partita.orm" in sys.modules:  # otherwise no view has a model
                from partita.orm.databases import DATABASES

                databases = find(DATABASES)
            if not databases:
                return await handler(request)

            def tagged(execute: Callable[..., Any], sql: str, params: Sequence[Any], many: bool, context: Any) -> Any:
                return execute(_with_comment(sql, request, app, more), params, many, context)

            with ExitStack() as stack:
                for database in {id(each): each for each in databases.values()}.values():
                    stack.enter_context(database.execute_wrapper(tagged))
                return await handler(request)

        return tagging

    return Layer(HOST - 40, middleware, "query tags")


def sql_comment(tags: dict[str, str]) -> str:
    """Return tags as a comment; names in order, characters that could be more than text replaced by underscores."""
    pairs = [(name, str(value)[:_LONGEST]) for name, value in sorted(tags.items()) if value]
    written = ",".join([f"{_safe(name)}='{_safe(value)}'" for name, value in pairs])
    return f"/*{written}*/" if pairs else ""


def _with_comment(sql: str, request: Request, app: str, more: Callable[[Request], dict[str, str]] | None) -> str:
    if sql[:5].upper() == "COPY ":  # drivers read this one themselves
        return sql
    match = request.state.get(MATCH)  # known once the route is found; layers outside of it may query as well
    tags = {"app": app, **(more(request) if more is not None else {})}
    if match is not None:
        tags |= {"controller": match.view_name, "route": match.route}
    comment = sql_comment(tags)
    return f"{sql} {comment}" if comment else sql


def _safe(text: str) -> str:
    return _UNSAFE.sub("_", text)
