"""The application: settings, packages, routes and middleware put together, for any server."""

from partita.web.app import App
from partita.web.errors import (
    AppError,
    DuplicateProvider,
    FrozenAppError,
    MissingProvider,
    ProviderCycle,
    ViewError,
)
from partita.web.keys import FAILURE, MATCH, SETTINGS
from partita.web.packages import DEFAULT_APPS
from partita.web.registry import Registry
from partita.web.settings import Settings
from partita.web.transactions import non_atomic_requests
from partita.web.web_settings import WebSettings
from partita.web.websockets import websocket

__all__ = (
    "DEFAULT_APPS",
    "FAILURE",
    "MATCH",
    "SETTINGS",
    "App",
    "AppError",
    "DuplicateProvider",
    "FrozenAppError",
    "MissingProvider",
    "ProviderCycle",
    "Registry",
    "Settings",
    "ViewError",
    "WebSettings",
    "non_atomic_requests",
    "websocket",
)
