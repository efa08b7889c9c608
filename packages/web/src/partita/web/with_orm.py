"""Notes the statements of each request while `debug` is on, for the page that shows what went wrong; loaded only with `partita.orm`."""

import sys
from typing import TYPE_CHECKING

from partita.contracts.app import Registrar
from partita.contracts.settings import DEBUG
from partita.http import MIDDLEWARE, Handler, Layer, Request, Response
from partita.http.handlers import HOST
from partita.web.keys import QUERIES

if TYPE_CHECKING:
    from partita.orm import Database

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Register the layer, which stands outside of all others."""

    def noting(handler: Handler) -> Handler:
        if not app.find(DEBUG):
            return handler

        async def with_queries(request: Request) -> Response:
            database = _default(app)
            if database is None:
                return await handler(request)
            with database.query_log() as log:
                request.state.fill(QUERIES, log)
                return await handler(request)

        return with_queries

    app.add(MIDDLEWARE, Layer(HOST - 50, noting, "queries"))


def _default(app: Registrar) -> "Database | None":
    if "partita.orm" not in sys.modules:  # no view has a model, so there is nothing to note and no reason to import it
        return None
    from partita.orm.databases import DATABASES

    databases = app.find(DATABASES)
    try:
        return None if databases is None else databases["default"]
    except LookupError:
        return None
