"""File names with certain extensions."""

from collections.abc import Iterable
from pathlib import PurePath
from typing import Protocol, runtime_checkable

from partita.contracts.i18n import gettext_lazy
from partita.validation.base import Validator
from partita.validation.errors import Message, ValidationError

__all__ = ("FileExtensionValidator", "validate_image_file_extension")

IMAGE_EXTENSIONS = ("apng", "avif", "bmp", "gif", "heic", "ico", "jpeg", "jpg", "png", "tif", "tiff", "webp")
"""Raster images that browsers or image libraries read. SVG is missing on purpose: it can run scripts."""


@runtime_checkable
class _Named(Protocol):
    name: str


@runtime_checkable
class _Uploaded(Protocol):
    filename: str


class FileExtensionValidator(Validator):
    """Accept files whose name ends in one of some extensions. It says nothing about what is in the file.

    Args:
        allowed_extensions: Without the dot, in any case; None allows all.
        message: May hold ``%(extension)s`` and ``%(allowed_extensions)s``.
        code: The code of the error.
    """

    message: Message = gettext_lazy(
        "File extension “%(extension)s” is not allowed. Allowed extensions are: %(allowed_extensions)s."
    )
    code = "invalid_extension"

    def __init__(
        self, allowed_extensions: Iterable[str] | None = None, message: Message | None = None, code: str | None = None
    ) -> None:
        self.allowed_extensions = (
            None if allowed_extensions is None else tuple(extension.lower() for extension in allowed_extensions)
        )
        if message is not None:
            self.message = message
        if code is not None:
            self.code = code

    def __call__(self, value: object) -> None:
        """Raise `ValidationError` if the name of ``value`` (its ``name``, ``filename`` or itself) ends otherwise."""
        extension = PurePath(_name(value)).suffix[1:].lower()
        if self.allowed_extensions is not None and extension not in self.allowed_extensions:
            params = {"extension": extension, "allowed_extensions": ", ".join(self.allowed_extensions), "value": value}
            raise ValidationError(self.message, code=self.code, params=params)

    def identity(self) -> tuple[object, ...]:
        """Return message, code and extensions."""
        return (*super().identity(), frozenset(self.allowed_extensions or ()), self.allowed_extensions is None)


def _name(value: object) -> str:
    if isinstance(value, _Uploaded):
        return value.filename
    return value.name if isinstance(value, _Named) else str(value)


validate_image_file_extension = FileExtensionValidator(IMAGE_EXTENSIONS)
