"""Every error that partita.messages raises."""

__all__ = ("LevelError", "MessageError", "MessageFailure")


class MessageError(Exception):
    """Base of every error this package raises."""


class MessageFailure(MessageError, LookupError):
    """A message was added to a request that keeps none, because no middleware of this package saw it."""

    def __str__(self) -> str:
        return (
            "This request keeps no messages. Add partita.messages to the apps of the application, or message_middleware(...) "
            "to its layers; or give fail_silently=True."
        )


class LevelError(MessageError, ValueError):
    """A level is neither a number nor the name of one."""

    def __init__(self, given: object) -> None:
        super().__init__(given)
        self.given = given

    def __str__(self) -> str:
        names = "debug, info, success, warning, error"
        return f"{str(self.given)[:80]!r} is no level of messages: expected a number, or one of {names}"
