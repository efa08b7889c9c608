"""A field for images, looked at by Pillow (extra ``images``)."""

from contextlib import suppress
from importlib.util import find_spec
from io import BytesIO
from typing import Any, Final

from partita.contracts.i18n import gettext_lazy
from partita.forms.errors import PillowMissingError
from partita.forms.fields.files import FileField
from partita.forms.widgets import FileInput, Widget
from partita.validation import validate_image_file_extension

__all__ = ("ImageField",)

_MAX_PIXELS: Final = 50_000_000


class ImageField(FileField):
    """An image that Pillow can read, with a file extension of an image.

    The upload gets ``image``, the opened but not decoded `PIL.Image.Image`, and the ``content_type`` that fits the content,
    as far as its class lets itself be given attributes. That a file is an image says nothing about what else is in it:
    serve it with that type and ``X-Content-Type-Options: nosniff``, or write it anew.

    Args:
        max_pixels: Width times height; more is refused before anything is decoded (a small file can hold a huge image).
        **kwargs: As for `FileField`.

    Raises:
        PillowMissingError: If Pillow is not installed.
    """

    default_validators = (validate_image_file_extension,)
    default_error_messages = {
        "invalid_image": gettext_lazy(
            "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
        ),
        "max_pixels": gettext_lazy("Ensure this image has at most %(max)d pixels (it has %(pixels)d)."),
    }

    def __init__(self, *, max_pixels: int = _MAX_PIXELS, **kwargs: Any) -> None:
        if find_spec("PIL") is None:
            raise PillowMissingError
        self.max_pixels = max_pixels
        super().__init__(**kwargs)

    def to_python(self, value: object) -> object:
        """Return the file, or None."""
        upload = super().to_python(value)
        if upload is None:
            return None
        from PIL import Image  # an extra

        file = _open(upload)
        try:
            image = Image.open(file)
            pixels = image.width * image.height
            if pixels <= self.max_pixels:
                image.verify()  # reads the checksums, without decoding
        except Exception:  # noqa: BLE001 - decoders raise whatever a broken file makes them raise
            raise self.error("invalid_image", value=value) from None
        finally:
            with suppress(OSError, ValueError):
                file.seek(0)
            if file is not upload and file is not getattr(upload, "file", None):
                file.close()
        if pixels > self.max_pixels:
            raise self.error("max_pixels", max=self.max_pixels, pixels=pixels, value=value)
        for name, found in (("image", image), ("content_type", Image.MIME.get(image.format or ""))):
            with suppress(AttributeError):  # a class with __slots__
                setattr(upload, name, found)
        return upload

    def widget_attrs(self, widget: Widget) -> dict[str, object]:
        """Return ``accept``, so that the browser offers images."""
        attrs = super().widget_attrs(widget)
        if isinstance(widget, FileInput) and "accept" not in widget.attrs:
            attrs.setdefault("accept", "image/*")
        return attrs


def _open(upload: Any) -> Any:
    """Return the content from the beginning, in memory only if it is there already or there is no other way."""
    for one in (getattr(upload, "file", None), upload):
        if one is not None and hasattr(one, "read") and hasattr(one, "seek"):
            one.seek(0)
            return one
    if hasattr(upload, "temporary_file_path"):
        return open(upload.temporary_file_path(), "rb")
    return BytesIO(upload.read() if hasattr(upload, "read") else getattr(upload, "content", b""))
