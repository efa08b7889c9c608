"""Values that must match a regular expression."""

import re

from partita.contracts.i18n import gettext_lazy
from partita.validation.base import Validator
from partita.validation.errors import Message, ValidationError

__all__ = ("RegexValidator",)


class RegexValidator(Validator):
    r"""Accept values whose text the expression is found in.

    A ``$`` at the end of the expression means the end of the text. Python's own also matches before a last line
    break, which has let line breaks into headers and file names (CVE-2021-32052 and its relatives).

    Args:
        regex: The expression. It is searched for; begin with ``^`` and end with ``\Z`` or ``$`` for the whole text.
        message: What to tell who gave a refused value; may hold ``%(value)s``.
        code: The code of the error.
        inverse_match: Refuse what matches instead.
        flags: Flags of the `re` module, only with an expression given as text.

    Raises:
        TypeError: If there are flags and ``regex`` is compiled already.
    """

    message: Message = gettext_lazy("Enter a valid value.")
    regex: str | re.Pattern[str] = ""
    inverse_match: bool = False
    flags: int = 0

    def __init__(
        self,
        regex: str | re.Pattern[str] | None = None,
        message: Message | None = None,
        code: str | None = None,
        inverse_match: bool | None = None,
        flags: int | None = None,
    ) -> None:
        if regex is not None:
            self.regex = regex
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code
        if inverse_match is not None:
            self.inverse_match = inverse_match
        if flags is not None:
            self.flags = int(flags)
        if self.flags and isinstance(self.regex, re.Pattern):
            raise TypeError("RegexValidator takes flags only with an expression given as text, not a compiled one.")
        self.regex = re.compile(self.regex, self.flags) if isinstance(self.regex, str) else self.regex
        self._search = _ending_at_the_end(self.regex).search

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` unless the expression is found in ``str(value)``."""
        try:
            text = value if type(value) is str else str(value)
        except ValueError:  # an int of more digits than Python writes
            raise ValidationError(self.message, code=self.code) from None
        if (self._search(text) is None) is not self.inverse_match:
            raise ValidationError(self.message, code=self.code, params={"value": value})

    def identity(self) -> tuple[object, ...]:
        """Return expression, flags, message, code and direction."""
        pattern = self.regex if isinstance(self.regex, re.Pattern) else re.compile(self.regex)
        return (pattern.pattern, pattern.flags, str(self.message), self.code, self.inverse_match)


def _ending_at_the_end(pattern: re.Pattern[str]) -> re.Pattern[str]:
    text, flags = pattern.pattern, pattern.flags
    if not text.endswith("$") or flags & (re.MULTILINE | re.VERBOSE):
        return pattern
    before = text[:-1]
    if (len(before) - len(before.rstrip("\\"))) % 2:
        return pattern  # the dollar is escaped
    return re.compile(before + r"\Z", flags)
