"""The section ``uploads`` of an application's settings."""

import msgspec

from partita.contracts.key import Key

__all__ = ("UPLOAD_HANDLERS", "UploadSettings")


class UploadSettings(msgspec.Struct, frozen=True):
    """Who takes the files that come with forms.

    Args:
        handlers: Dotted names of classes that take the bytes of files that come to drafts, in their order; see
            `partita.http.drafts.uploads`. None stand for the usual two: in memory, then on disk.
    """

    handlers: tuple[str, ...] = ()


UPLOAD_HANDLERS = Key[tuple[str, ...]]("partita.http.upload_handlers")
"""The names that the settings give."""
