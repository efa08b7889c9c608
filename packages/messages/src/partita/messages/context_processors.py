"""Gives templates ``messages`` and ``DEFAULT_MESSAGE_LEVELS``."""

from collections.abc import Mapping

from partita.messages.adding import get_messages, is_request
from partita.messages.levels import DEFAULT_LEVELS

__all__ = ("messages",)


def messages(request: object) -> Mapping[str, object]:
    """Give ``messages``, which are loaded if somebody shows them, and ``DEFAULT_MESSAGE_LEVELS`` by name."""
    shown = get_messages(request) if is_request(request) else []
    return {"messages": shown, "DEFAULT_MESSAGE_LEVELS": DEFAULT_LEVELS}
