"""One message, and how it is written down while it waits."""

from collections.abc import Iterable, Mapping

import msgspec
from markupsafe import Markup

from partita.contracts.current import find
from partita.contracts.i18n import LazyText
from partita.contracts.key import Key
from partita.messages.levels import DEFAULT_TAGS

__all__ = ("LEVEL_TAGS", "Message", "read_messages", "write_messages")

LEVEL_TAGS = Key[Mapping[int, str]]("partita.messages.level_tags")
"""An application's tags by level."""


class Message(msgspec.Struct, frozen=True, eq=False, repr_omit_defaults=True):
    """What a visitor is told once.

    Args:
        level: How grave it is, such as `levels.INFO`.
        message: The text; HTML only if it is marked as safe.
        extra_tags: More classes of CSS, divided by spaces.
        id: Of one that is shown until somebody dismisses it; empty for the others.
        until: When it is forgotten, in seconds since 1970; 0 for never.
    """

    level: int
    message: str | LazyText
    extra_tags: str = ""
    id: str = ""
    until: float = 0

    @property
    def level_tag(self) -> str:
        """What the level is called, as the current application says; empty for a level without a name."""
        return (find(LEVEL_TAGS) or DEFAULT_TAGS).get(self.level, "")

    @property
    def tags(self) -> str:
        """The extra tags and that of the level, divided by spaces."""
        return " ".join(tag for tag in (self.extra_tags, self.level_tag) if tag)

    @property
    def persistent(self) -> bool:
        """Whether it is shown until somebody dismisses it."""
        return self.id != ""

    def __str__(self) -> str:
        return str(self.message)

    def __html__(self) -> str:
        return Markup.escape(_text(self.message))

    def __eq__(self, other: object) -> bool:
        """Compare what visitors see; two messages may differ in when they are forgotten."""
        if not isinstance(other, Message):
            return NotImplemented
        return (self.level, str(self), self.extra_tags) == (other.level, str(other), other.extra_tags)

    def __hash__(self) -> int:
        return hash((self.level, str(self), self.extra_tags))


class _Written(msgspec.Struct, array_like=True, frozen=True):
    """What stands for a message in a cookie or a session: a list, without what is not needed at its end."""

    level: int
    text: str
    tags: str = ""
    safe: int = 0
    id: str = ""
    until: float = 0


def write_messages(messages: Iterable[Message]) -> list[list[object]]:
    """Return what JSON knows; lazy texts are made, in the language of now."""
    return [_write(message) for message in messages]


def read_messages(written: object) -> list[Message]:
    """Return the messages that `write_messages` wrote; none if it is anything else, such as what an older release wrote."""
    try:
        found = msgspec.convert(written, list[_Written])
    except msgspec.ValidationError:
        return []
    return [
        Message(each.level, Markup(each.text) if each.safe else each.text, each.tags, each.id, each.until)
        for each in found
    ]


def _write(message: Message) -> list[object]:
    text = _text(message.message)
    safe = int(hasattr(text, "__html__"))
    fields: list[object] = [message.level, str.__str__(text), message.extra_tags, safe, message.id, message.until]
    while not fields[-1] and len(fields) > 2:
        fields.pop()
    return fields


def _text(message: str | LazyText) -> str:
    return message if isinstance(message, str) else str(message)
