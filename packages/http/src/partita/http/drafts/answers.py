"""Answers with yes or no that may be called."""

__all__ = ("Answered",)


class Answered(int):
    """The answer to a question with yes or no, for those who ask ``request.is_secure`` and those who ask ``request.is_secure()``."""

    __slots__ = ()

    def __call__(self) -> bool:
        """Return the answer."""
        return bool(self)

    def __repr__(self) -> str:
        return repr(bool(self))
