import asyncio
import pickle

import pytest

from partita.contracts.testing.app import SimpleRegistrar
from partita.http import (
    LIMITS,
    Handler,
    Layer,
    MethodNotAllowed,
    NotFound,
    RangeNotSatisfiable,
    Request,
    Response,
    StatusError,
    compose,
)
from partita.http.integration import setup


def tagging(name: str) -> Layer:
    def middleware(handler: Handler) -> Handler:
        async def handle(request: Request) -> Response:
            response = await handler(request)
            return response.with_added_header("x-through", name)

        return handle

    return Layer({"outer": 100, "inner": 500}.get(name.rstrip("2"), 300), middleware, name)


def test_layers_wrap_by_order_and_keep_the_sequence_of_equals() -> None:
    async def view(request: Request) -> Response:
        return Response.text("ok")

    handler = compose(view, [tagging("inner"), tagging("middle"), tagging("outer"), tagging("middle2")])

    async def main() -> Response:
        return await handler(Request.build())

    assert asyncio.run(main()).headers.get_all("x-through") == ("inner", "middle2", "middle", "outer")


def test_the_settings_give_the_limits() -> None:
    app = SimpleRegistrar(http={"max_body": 5})
    setup(app)
    assert app.require(LIMITS).max_body == 5


@pytest.mark.parametrize(
    "error", [NotFound("x"), StatusError(418, "a", [("b", "c")]), MethodNotAllowed(["GET"]), RangeNotSatisfiable(5)]
)
def test_errors_survive_pickling(error: StatusError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.status, copy.message, copy.headers) == (
        type(error),
        error.status,
        error.message,
        error.headers,
    )
