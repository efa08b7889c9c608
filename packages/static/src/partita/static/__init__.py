"""Static files: finding them in the folders of packages, serving them, collecting them."""

from partita.static.collecting import Collected, collect
from partita.static.errors import StaticError, StaticNameError
from partita.static.files import STATIC, Found, StaticFiles
from partita.static.serving import serve_static

__all__ = (
    "STATIC",
    "Collected",
    "Found",
    "StaticError",
    "StaticFiles",
    "StaticNameError",
    "collect",
    "serve_static",
)
