"""Every error this package raises."""

__all__ = ("ReceiverError", "SignalError")


class SignalError(Exception):
    """Base of every error this package raises."""


class ReceiverError(SignalError, TypeError):
    """A receiver cannot be called the way signals call it."""

    def __init__(self, receiver: str, problem: str) -> None:
        super().__init__(receiver, problem)
        self.receiver, self.problem = receiver, problem

    def __str__(self) -> str:
        return f"{self.receiver[:120]}: {self.problem}"
