"""Messages for the next page that a visitor sees: `success(request, "Saved.")`, levels, tags, stores, `message_middleware`."""

from partita.messages.adding import (
    add_message,
    debug,
    dismiss,
    error,
    get_level,
    get_messages,
    info,
    set_level,
    success,
    warning,
)
from partita.messages.cookies import CookieStore
from partita.messages.errors import LevelError, MessageError, MessageFailure
from partita.messages.fallback import FallbackStore
from partita.messages.levels import DEBUG, DEFAULT_LEVELS, DEFAULT_TAGS, ERROR, INFO, SUCCESS, WARNING
from partita.messages.message import Message
from partita.messages.middleware import message_middleware
from partita.messages.request_messages import MESSAGES, Messages
from partita.messages.session import SessionStore
from partita.messages.settings import MESSAGE_SETTINGS, MessageSettings
from partita.messages.stores import MessageStore
from partita.messages.views import SuccessMessageMixin

__all__ = (
    "DEBUG",
    "DEFAULT_LEVELS",
    "DEFAULT_TAGS",
    "ERROR",
    "INFO",
    "MESSAGES",
    "MESSAGE_SETTINGS",
    "SUCCESS",
    "WARNING",
    "CookieStore",
    "FallbackStore",
    "LevelError",
    "Message",
    "MessageError",
    "MessageFailure",
    "MessageSettings",
    "MessageStore",
    "Messages",
    "SessionStore",
    "SuccessMessageMixin",
    "add_message",
    "debug",
    "dismiss",
    "error",
    "get_level",
    "get_messages",
    "info",
    "message_middleware",
    "set_level",
    "success",
    "warning",
)
