"""Static files: finding them in the folders of packages, serving them, collecting them."""

from typing import TYPE_CHECKING

from partita.contracts.on_first_use import on_first_use
from partita.static.errors import (
    ManifestError,
    StaticError,
    StaticNameError,
    StaticNotCollected,
    StaticReferenceError,
)
from partita.static.files import STATIC, STATIC_SOURCES, Found, HashedNames, StaticFiles
from partita.static.serving import serve_static

if TYPE_CHECKING:
    from partita.static.collecting import Collected, collect
    from partita.static.fingerprints import Fingerprinted, fingerprint
    from partita.static.manifest import Manifest
else:  # what many applications do not use
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "collecting": ("Collected", "collect"),
            "fingerprints": ("Fingerprinted", "fingerprint"),
            "manifest": ("Manifest",),
        },
    )

__all__ = (
    "STATIC",
    "STATIC_SOURCES",
    "Collected",
    "Fingerprinted",
    "Found",
    "HashedNames",
    "Manifest",
    "ManifestError",
    "StaticError",
    "StaticFiles",
    "StaticNameError",
    "StaticNotCollected",
    "StaticReferenceError",
    "collect",
    "fingerprint",
    "serve_static",
)
