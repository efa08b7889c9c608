"""Files that are images (needs the extra ``images``)."""

from functools import cached_property
from typing import Any

from partita.storage.files import File

__all__ = ("ImageFile", "get_image_dimensions")


class ImageFile(File):
    """A file that knows its width and height."""

    @property
    def width(self) -> int | None:
        """Pixels; None if this is no image."""
        return self._dimensions[0]

    @property
    def height(self) -> int | None:
        """Pixels; None if this is no image."""
        return self._dimensions[1]

    @cached_property
    def _dimensions(self) -> tuple[int | None, int | None]:
        closed = self.closed
        self.open()
        return get_image_dimensions(self, close=closed)


def get_image_dimensions(file: Any, close: bool = False) -> tuple[int | None, int | None]:
    """Return width and height in pixels, or twice None; reads no more than it takes and decodes nothing.

    Args:
        file: Open, or the path of a file.
        close: Whether to close it; otherwise its position is as before.
    """
    from PIL import Image

    by_path = not hasattr(file, "read")
    opened: Any = open(file, "rb") if by_path else file  # noqa: SIM115 - closed below
    place = 0 if by_path else opened.tell()
    try:
        opened.seek(0)
        try:
            return Image.open(opened).size  # reads the header; Pillow itself refuses sizes that would fill the memory
        except Exception:  # noqa: BLE001 - decoders raise whatever a broken file makes them raise
            return None, None
    finally:
        if by_path or close:
            opened.close()
        else:
            opened.seek(place)
