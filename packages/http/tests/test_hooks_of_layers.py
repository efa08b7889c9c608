"""What a layer wants to do between routing and the answer is done once."""

from typing import Any

from partita.http.handlers import USER, Handler, Hooks, Layer, compose
from partita.http.request import Request
from partita.http.response import Response


class Watching:
    def __init__(self, handler: Handler) -> None:
        self.handler = handler

    async def __call__(self, request: Request) -> Response:
        return await self.handler(request)

    def process_view(self, *given: Any) -> None: ...

    def process_exception(self, *given: Any) -> None: ...

    def process_template_response(self, request: Request, response: Response) -> Response:
        return response


async def view(request: Request) -> Response:
    return Response.text("ok")


def test_a_layer_that_leaves_everything_as_it_is_does_not_repeat_the_hooks_of_the_next() -> None:
    hooks = Hooks()
    nothing = Layer(USER - 1, lambda handler: handler, "nothing")
    compose(view, [Layer(USER, Watching, "outer"), Layer(USER + 1, Watching, "inner"), nothing, nothing], hooks)
    assert (len(hooks.view), len(hooks.exception), len(hooks.template)) == (2, 2, 2)
