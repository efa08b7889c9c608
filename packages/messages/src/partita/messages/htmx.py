"""Messages in the header ``HX-Trigger``, for pages that HTMX changes piece by piece."""

import json

from partita.http import Request, Response
from partita.messages.message import Message
from partita.messages.request_messages import Messages

__all__ = ("asked_by_htmx", "with_trigger")

_MOST_BYTES = 4096  # servers in front bound header fields


def asked_by_htmx(request: Request) -> bool:
    """Tell whether HTMX wants to change a part of the page; not if it loads a whole one, which shows messages itself."""
    return request.headers.get("hx-request") == "true" and request.headers.get("hx-boosted") != "true"


def with_trigger(response: Response, messages: Messages) -> Response:
    """Return ``response`` with the event ``messages`` in ``HX-Trigger``, whose ``detail.value`` lists them; they count as seen.

    They go on waiting if there is nothing to tell, more than a header can hold, or a trigger of the view's that is no JSON object.
    """
    if not len(messages):
        return response
    try:
        events = json.loads(response.headers.get("hx-trigger", "{}"))
    except ValueError:
        return response
    if not isinstance(events, dict):
        return response
    value = json.dumps({**events, "messages": [_described(message) for message in messages.peek()]})
    if len(value) > _MOST_BYTES:
        return response
    messages.mark_seen()
    return response.with_header("HX-Trigger", value)


def _described(message: Message) -> dict[str, object]:
    described: dict[str, object] = {"level": message.level, "tags": message.tags, "message": str(message)}
    # A script may put it into the page as HTML only if it is meant to be.
    return {**described, "safe": True} if hasattr(message.message, "__html__") else described
