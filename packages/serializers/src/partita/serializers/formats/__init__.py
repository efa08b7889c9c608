"""The formats that rows are written in."""

from partita.serializers.formats.base import Format, Writer
from partita.serializers.formats.register import FORMATS, FORMATS_ADDED, PYTHON, Formats, current_formats

__all__ = ("FORMATS", "FORMATS_ADDED", "PYTHON", "Format", "Formats", "Writer", "current_formats")
