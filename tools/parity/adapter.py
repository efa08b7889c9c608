"""What the runner asks of this layer: an application of the tests' settings, databases by their aliases, partita's names.

The modules of `partita_layer` hold it, one for each part. They rename and adapt; what partita lacks stays missing.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))  # the runner loads this file alone

from partita_layer import naming, users
from partita_layer.application import current, request_limits, setting_changed, setup
from partita_layer.databases import DefaultConnection, connections
from partita_layer.languages import LANGUAGES, routes_of_languages
from partita_layer.lookup import all_models, find, need
from partita_layer.settings import app_folders, package_folders

__all__ = (
    "LANGUAGES",
    "DefaultConnection",
    "all_models",
    "app_folders",
    "connections",
    "current",
    "find",
    "need",
    "package_folders",
    "request_limits",
    "routes_of_languages",
    "setting_changed",
    "setup",
)

users.install()
naming.install()
