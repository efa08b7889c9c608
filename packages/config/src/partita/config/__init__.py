"""Typed settings from defaults, TOML, ``.env``, environment and secret files: `load`, `explain`, `Secret`."""

from partita.config.dotenv import parse_dotenv
from partita.config.errors import ConfigError, DotenvSyntaxError, Problem, SettingsError
from partita.config.secret import Secret
from partita.config.settings import Layers, Origin, explain, load, read

__all__ = (
    "ConfigError",
    "DotenvSyntaxError",
    "Layers",
    "Origin",
    "Problem",
    "Secret",
    "SettingsError",
    "explain",
    "load",
    "parse_dotenv",
    "read",
)
