"""The error that says which values were refused and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeAlias, Union

from partita.contracts.i18n import LazyText

__all__ = ("NON_FIELD_ERRORS", "Message", "MessageSource", "ValidationError")

NON_FIELD_ERRORS = "__all__"
"""The key in an error dictionary for what is wrong with the whole and not with one field."""

Message: TypeAlias = str | LazyText
MessageSource: TypeAlias = Union[Message, "ValidationError", Sequence["MessageSource"], Mapping[str, "MessageSource"]]


class ValidationError(ValueError):
    """One refused value, several, or several per field.

    Args:
        message: A text, which may hold ``%(name)s`` places for ``params``; another error; a list of these; or a
            mapping of field names to any of these. Any other object stands for its ``str()``.
        code: A short stable name for the kind of error, such as ``required``. Used only with one text.
        params: Values for the places in the text. Used only with one text.
    """

    message: Message
    code: str | None
    params: Mapping[str, object] | None
    error_dict: dict[str, list["ValidationError"]]

    _list: list["ValidationError"] | None = None

    def __init__(
        self, message: MessageSource, code: str | None = None, params: Mapping[str, object] | None = None
    ) -> None:
        self.args = (message, code, params)
        if isinstance(message, (str, LazyText)):
            self.message, self.code, self.params = message, code, params
        elif isinstance(message, ValidationError):
            self._take_over(message)
        elif isinstance(message, Mapping):
            self.error_dict = {field: _listed(errors) for field, errors in message.items()}
        elif isinstance(message, Iterable):
            self.error_list = [error for part in message for error in _listed(part)]
        else:  # anything else says it by its str(), when it is asked
            self.message, self.code, self.params = LazyText(partial(str, message)), code, params

    def _take_over(self, other: "ValidationError") -> None:
        if hasattr(other, "error_dict"):
            self.error_dict = other.error_dict
        elif hasattr(other, "message"):
            self.message, self.code, self.params = other.message, other.code, other.params
        else:
            self.error_list = other.error_list

    @property
    def error_list(self) -> list["ValidationError"]:
        """The single errors: those of the list that it was made from, or this one alone.

        Raises:
            AttributeError: If this error was made from a mapping; it has ``error_dict`` instead.
        """
        if self._list is None:
            if hasattr(self, "error_dict"):
                raise AttributeError("Errors by field are in error_dict.", name="error_list", obj=self)
            self._list = [self]
        return self._list

    @error_list.setter
    def error_list(self, errors: list["ValidationError"]) -> None:
        self._list = errors

    def single_errors(self) -> Iterable["ValidationError"]:
        """Return the single errors, also of those by field.

        Unlike ``error_list`` it leaves nothing behind that refers to itself, which only the garbage collector could free.
        """
        if self._list is not None:
            return self._list
        if hasattr(self, "error_dict"):
            return [one for errors in self.error_dict.values() for one in errors]
        return (self,)

    @property
    def message_dict(self) -> dict[str, list[str]]:
        """The texts per field.

        Raises:
            AttributeError: If this error was not made from a mapping.
        """
        return {field: [error._text() for error in errors] for field, errors in self.error_dict.items()}

    @property
    def messages(self) -> list[str]:
        """All texts in the current language, with their parameters filled in."""
        if self._list is None and not hasattr(self, "error_dict"):
            return [self._text()]
        return [error._text() for error in self.single_errors()]

    def update_error_dict(self, errors: dict[str, list["ValidationError"]]) -> dict[str, list["ValidationError"]]:
        """Add these errors to ``errors``, those without a field under `NON_FIELD_ERRORS`, and return it."""
        own = self.error_dict if hasattr(self, "error_dict") else {NON_FIELD_ERRORS: self.error_list}
        for field, found in own.items():
            errors.setdefault(field, []).extend(found)
        return errors

    def __iter__(self) -> Iterator[str | tuple[str, list[str]]]:
        """Iterate over texts, or over pairs of field and texts."""
        if hasattr(self, "error_dict"):
            yield from self.message_dict.items()
        else:
            yield from self.messages

    def __str__(self) -> str:
        return repr(self.message_dict if hasattr(self, "error_dict") else self.messages)

    def __repr__(self) -> str:
        return f"ValidationError({self})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ValidationError):
            return NotImplemented
        return self._identity() == other._identity()

    def __hash__(self) -> int:
        # Of what `__eq__` compares, in no order: neither that of fields nor that of errors counts there.
        if hasattr(self, "error_dict"):
            return hash(frozenset((field, _hash_of_all(errors)) for field, errors in self.error_dict.items()))
        if hasattr(self, "message"):
            params = frozenset((name, _hash_or_zero(value)) for name, value in (self.params or {}).items())
            return hash((str(self.message), self.code, params))
        return _hash_of_all(self.error_list)

    def __reduce__(self) -> tuple[object, ...]:
        # Lazy texts hold functions, so what travels is the text in the language of the sender.
        return (type(self), self._plain())

    def _identity(self) -> object:
        if hasattr(self, "error_dict"):
            return {field: _sorted_identities(errors) for field, errors in self.error_dict.items()}
        if hasattr(self, "message"):
            return (str(self.message), self.code, self.params and dict(self.params))
        return _sorted_identities(self.error_list)

    def _plain(self) -> tuple[object, ...]:
        if hasattr(self, "error_dict"):
            return (self.error_dict,)
        if hasattr(self, "message"):
            params = {name: str(v) if isinstance(v, LazyText) else v for name, v in (self.params or {}).items()}
            return (str(self.message), self.code, params or None)
        return (self.error_list,)

    def _text(self) -> str:
        text = self.message % self.params if self.params else self.message
        return text if isinstance(text, str) else str(text)  # what is marked as HTML stays so; its values were escaped


def _listed(source: MessageSource) -> list[ValidationError]:
    error = source if isinstance(source, ValidationError) else ValidationError(source)
    return list(error.single_errors())


def _hash_of_all(errors: list[ValidationError]) -> int:
    return hash(tuple(sorted(map(hash, errors))))


def _hash_or_zero(value: object) -> int:
    """Return 0 for what has no hash, such as a list: two errors that differ in it alone may share theirs."""
    try:
        return hash(value)
    except TypeError:
        return 0


def _sorted_identities(errors: list[ValidationError]) -> list[object]:
    return sorted((error._identity() for error in errors), key=repr)
