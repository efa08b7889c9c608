"""Static files: finding them in the folders of packages, serving them, collecting them."""

from partita.static.collecting import Collected, collect
from partita.static.errors import (
    ManifestError,
    StaticError,
    StaticNameError,
    StaticNotCollected,
    StaticReferenceError,
)
from partita.static.files import STATIC, STATIC_SOURCES, Found, HashedNames, StaticFiles
from partita.static.fingerprints import Fingerprinted, fingerprint
from partita.static.manifest import Manifest
from partita.static.serving import serve_static

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
