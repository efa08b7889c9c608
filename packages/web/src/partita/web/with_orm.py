"""Notes the statements of each request while `debug` is on, for the page that shows what went wrong; loaded only with `partita.orm`."""

from partita.contracts.app import Registrar
from partita.contracts.settings import DEBUG
from partita.http import MIDDLEWARE, Handler, Layer, Request, Response
from partita.http.handlers import HOST
from partita.orm.databases import DATABASES
from partita.web.keys import QUERIES

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Register the layer, which stands outside of all others."""

    def noting(handler: Handler) -> Handler:
        databases = app.find(DATABASES) if app.find(DEBUG) else None
        if databases is None:
            return handler
        try:
            database = databases["default"]
        except LookupError:
            return handler

        async def with_queries(request: Request) -> Response:
            with database.query_log() as log:
                request.state.fill(QUERIES, log)
                return await handler(request)

        return with_queries

    app.add(MIDDLEWARE, Layer(HOST - 50, noting, "queries"))
