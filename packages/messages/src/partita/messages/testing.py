"""What tests assert of messages."""

from collections.abc import Sequence
from typing import Protocol, cast

from partita.messages.adding import RequestLike, is_request
from partita.messages.message import Message
from partita.messages.request_messages import MESSAGES

__all__ = ("assert_messages",)


class Answered(Protocol):
    """What a test client returns."""

    @property
    def request(self) -> RequestLike:
        """What was asked."""
        ...


def assert_messages(answer: Answered | RequestLike, expected: Sequence[Message], *, ordered: bool = True) -> None:
    """Assert which messages a request had at its end: those it showed, and those that wait for the next page.

    Args:
        answer: What the test client returned, or a request.
        expected: All of them; compared by level, text and extra tags.
        ordered: Whether they must stand in that order.

    Raises:
        AssertionError: If there are others; the message says which.
    """
    request = answer if is_request(answer) else cast("Answered", answer).request
    found = request.state.get(MESSAGES)
    assert found is not None, "this request keeps no messages: has the application the layer of partita.messages?"
    there = found.peek()
    same = there == list(expected) if ordered else sorted(map(_order, there)) == sorted(map(_order, expected))
    assert same, f"the messages are {there!r}, expected {list(expected)!r}"


def _order(message: Message) -> tuple[int, str, str]:
    return message.level, str(message), message.extra_tags
