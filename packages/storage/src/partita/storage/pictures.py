"""Pictures made from pictures: smaller, in another format, without what cameras write into them (needs the extra ``images``)."""

import asyncio
from io import BytesIO
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from partita.contracts.storage import Storage
from partita.storage.errors import StorageError
from partita.storage.files import ContentFile

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ("PictureError", "Rendition", "Thumbnails", "rendered")

_SUFFIXES = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp", "GIF": "gif", "AVIF": "avif"}
_WITHOUT_ALPHA = {"JPEG"}


class PictureError(StorageError, ValueError):
    """What should be a picture is none, or one that is too large to be opened."""


class Rendition(msgspec.Struct, frozen=True):
    """How a picture is to look.

    Args:
        width: Pixels, at most; None for as many as the height asks for.
        height: Pixels, at most; None for as many as the width asks for.
        fit: ``contain`` keeps the whole picture within the size; ``cover`` fills the size and cuts what is beside it.
        format: ``JPEG``, ``PNG``, ``WEBP``, ``GIF`` or ``AVIF``; as the original if empty.
        quality: From 1 to 95, for formats that lose detail.
        max_pixels: Width times height of originals, at most; larger ones are refused before anything is decoded.
    """

    width: int | None = None
    height: int | None = None
    fit: Literal["contain", "cover"] = "contain"
    format: str = ""
    quality: int = 85
    max_pixels: int = 50_000_000

    def __post_init__(self) -> None:
        if any(side is not None and not 1 <= side <= 20_000 for side in (self.width, self.height)):
            raise ValueError(f"A picture has from 1 to 20000 pixels a side, not {self.width} x {self.height}.")
        if self.format and self.format not in _SUFFIXES:
            raise ValueError(f"A picture's format is one of {', '.join(_SUFFIXES)}, not {self.format!r:.40}.")
        if self.fit == "cover" and (self.width is None or self.height is None):
            raise ValueError("fit='cover' needs both width and height.")

    @property
    def label(self) -> str:
        """What tells it from others in names of files, such as ``200x100-cover-webp``."""
        size = f"{self.width or ''}x{self.height or ''}"
        return "-".join([size, self.fit, *([self.format.lower()] if self.format else []), f"q{self.quality}"])


def rendered(content: Any, rendition: Rendition, name: str | None = None) -> ContentFile:
    """Return a picture as a rendition says: turned upright, and without places, names and comments.

    Args:
        content: The original, open for reading.
        rendition: How it is to look.
        name: The new picture's.

    Raises:
        PictureError: If the original is no picture that Pillow knows, is damaged, or is too large.
    """
    from PIL import Image, ImageOps

    content.seek(0)
    try:
        with Image.open(content) as original:
            pixels = original.width * original.height
            if pixels > rendition.max_pixels:
                raise PictureError(f"The picture has {pixels} pixels; at most {rendition.max_pixels} are opened.")
            kind = rendition.format or original.format or "PNG"
            if kind not in _SUFFIXES:
                kind = "PNG"
            # JPEG's decoder can halve a picture while it reads it, which saves most of the work.
            if rendition.width and rendition.height and rendition.fit == "contain":
                original.draft(None, (rendition.width * 2, rendition.height * 2))
            picture = _sized(ImageOps.exif_transpose(original), rendition)
            return ContentFile(_encoded(picture, kind, rendition.quality), name)
    except PictureError:
        raise
    except Exception as error:
        raise PictureError(f"The file is no picture that can be opened: {error!s:.200}") from error


def _sized(picture: "Image", rendition: Rendition) -> "Image":
    from PIL import Image, ImageOps

    width, height = rendition.width or picture.width, rendition.height or picture.height
    if rendition.fit == "cover":
        return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS)
    scale = min(width / picture.width, height / picture.height, 1)
    if scale == 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _encoded(picture: "Image", kind: str, quality: int) -> bytes:
    from PIL import Image

    if kind in _WITHOUT_ALPHA and picture.mode not in ("RGB", "L"):
        if "A" in picture.getbands() or picture.mode == "P":
            ground = Image.new("RGBA", picture.size, "white")
            ground.alpha_composite(picture.convert("RGBA"))
            picture = ground
        picture = picture.convert("RGB")
    elif kind in ("WEBP", "AVIF") and picture.mode not in ("RGB", "RGBA"):
        picture = picture.convert("RGBA" if picture.mode in ("P", "LA", "PA") else "RGB")
    bare = Image.new(picture.mode, picture.size)  # a picture that never knew what the camera wrote
    if picture.mode == "P" and (palette := picture.getpalette()) is not None:
        bare.putpalette(palette)
    bare.paste(picture)
    out = BytesIO()
    bare.save(out, kind, quality=quality, **({"optimize": True} if kind in ("JPEG", "PNG") else {}))
    return out.getvalue()


class Thumbnails:
    """Renditions of stored pictures, made when they are first asked for and kept beside them.

    Args:
        storage: Has the originals, and gets the renditions.
        rendition: How they are to look.
        folder: Where they are kept.
    """

    __slots__ = ("_folder", "_rendition", "_storage")

    def __init__(self, storage: Storage, rendition: Rendition, folder: str = "thumbnails") -> None:
        self._storage, self._rendition, self._folder = storage, rendition, folder.strip("/")

    def name(self, original: str) -> str:
        """Return the name that the rendition of ``original`` has once it is there."""
        stem, dot, suffix = original.rpartition(".")
        suffix = _SUFFIXES.get(self._rendition.format, suffix if dot else "png")
        return f"{self._folder}/{self._rendition.label}/{stem if dot else original}.{suffix}"

    def make(self, original: str) -> str:
        """Make the rendition now, unless it is there, and return its name.

        Raises:
            FileNotFoundError: If there is no original.
            PictureError: If the original is no picture.
        """
        name = self.name(original)
        if self._storage.exists(name):
            return name
        file = self._storage.open(original)
        try:
            content = rendered(file, self._rendition, name)
        finally:
            file.close()
        kept = self._storage.save(name, content)
        if kept != name:  # somebody else made the same meanwhile
            self._storage.delete(kept)
        return name

    async def amake(self, original: str) -> str:
        """Async twin of `make`; the work is done in a thread."""
        return await asyncio.to_thread(self.make, original)

    def url(self, original: str) -> str:
        """Return the address of the rendition, which is made if need be."""
        return self._storage.url(self.make(original))

    async def aurl(self, original: str) -> str:
        """Async twin of `url`."""
        return await self._storage.aurl(await self.amake(original))

    def delete(self, original: str) -> None:
        """Remove the rendition, as when the original goes or changes."""
        self._storage.delete(self.name(original))

    async def adelete(self, original: str) -> None:
        """Async twin of `delete`."""
        await self._storage.adelete(self.name(original))
