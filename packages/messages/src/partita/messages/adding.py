"""Telling visitors something: `success(request, "Saved.")`."""

from collections.abc import Iterable
from typing import Any, Protocol, TypeGuard, cast

from partita.contracts.current import find
from partita.contracts.i18n import LazyText
from partita.http import State
from partita.messages.errors import MessageFailure
from partita.messages.levels import DEBUG, ERROR, INFO, SUCCESS, WARNING, level_number
from partita.messages.message import Message
from partita.messages.request_messages import MESSAGES, Messages
from partita.messages.settings import MESSAGE_SETTINGS

__all__ = (
    "RequestLike",
    "add_message",
    "debug",
    "dismiss",
    "error",
    "get_level",
    "get_messages",
    "info",
    "is_request",
    "set_level",
    "success",
    "warning",
)


class RequestLike(Protocol):
    """A request, a draft of one, or what wraps one."""

    @property
    def state(self) -> State:
        """Its slots."""
        ...


def is_request(value: object) -> TypeGuard[RequestLike]:
    """Tell whether something is a request, or wraps one; attributes that it finds when they are asked for count, too."""
    return isinstance(getattr(value, "state", None), State)


def add_message(
    request: RequestLike,
    level: int,
    message: str | LazyText,
    extra_tags: str = "",
    fail_silently: bool = False,
    *,
    persistent: bool = False,
    expires: float | None = None,
) -> Message | None:
    """Add a message for the next page that shows any; see `Messages.add`.

    Args:
        request: Of the visitor.
        level: Such as `levels.INFO`.
        message: The text; HTML only if it is marked as safe.
        extra_tags: More classes of CSS, divided by spaces.
        fail_silently: Whether to do nothing if the request keeps no messages.
        persistent: Whether it is shown until `dismiss` is called with its ``id``.
        expires: Seconds after which it is forgotten.

    Raises:
        MessageFailure: If the request keeps no messages.
        TypeError: If ``request`` is none.
    """
    if not is_request(request):
        raise TypeError(f"add_message() argument must be a request, not {type(request).__name__!r}.")
    messages = _messages_of(request)
    if messages is not None:
        more: dict[str, Any] = (
            {"persistent": persistent, "expires": expires} if persistent or expires is not None else {}
        )
        return cast("Message | None", messages.add(level, message, extra_tags, **more))
    if not fail_silently:
        raise MessageFailure
    return None


def get_messages(request: RequestLike) -> Messages | Iterable[Message]:
    """Return the messages of a request; an empty list if it keeps none."""
    messages: Messages | None = _messages_of(request)
    return [] if messages is None else messages


def get_level(request: RequestLike) -> int:
    """Return the least level that is kept while this request lasts; that of the application if the request keeps no messages."""
    messages = _messages_of(request)
    if messages is not None:
        return int(messages.level)
    settings = find(MESSAGE_SETTINGS)
    return INFO if settings is None else level_number(settings.level)


def set_level(request: RequestLike, level: int) -> bool:
    """Set the least level that is kept while this request lasts; returns False if the request keeps no messages."""
    messages = _messages_of(request)
    if messages is None:
        return False
    messages.level = level
    return True


def dismiss(request: RequestLike, identity: str) -> bool:
    """Forget a persistent message; returns whether there was one with that ``id``."""
    messages = _messages_of(request)
    return messages is not None and bool(messages.dismiss(identity))


def _messages_of(request: RequestLike) -> Any:
    """Return what keeps the messages of ``request``: what the layer put there, or what a test set as ``request._messages``."""
    own = getattr(request, "_messages", None)
    return request.state.get(MESSAGES) if own is None else own


def debug(
    request: RequestLike, message: str | LazyText, extra_tags: str = "", fail_silently: bool = False
) -> Message | None:
    """Add a message for developers; kept only where the level is set so low."""
    return add_message(request, DEBUG, message, extra_tags, fail_silently)


def info(
    request: RequestLike, message: str | LazyText, extra_tags: str = "", fail_silently: bool = False
) -> Message | None:
    """Add a message that is neither good nor bad."""
    return add_message(request, INFO, message, extra_tags, fail_silently)


def success(
    request: RequestLike, message: str | LazyText, extra_tags: str = "", fail_silently: bool = False
) -> Message | None:
    """Add a message that something has been done."""
    return add_message(request, SUCCESS, message, extra_tags, fail_silently)


def warning(
    request: RequestLike, message: str | LazyText, extra_tags: str = "", fail_silently: bool = False
) -> Message | None:
    """Add a message that something may go wrong."""
    return add_message(request, WARNING, message, extra_tags, fail_silently)


def error(
    request: RequestLike, message: str | LazyText, extra_tags: str = "", fail_silently: bool = False
) -> Message | None:
    """Add a message that something has not been done."""
    return add_message(request, ERROR, message, extra_tags, fail_silently)
