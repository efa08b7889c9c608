"""The ``partita`` command: makes projects, and runs what their packages offer."""

from partita.cli.errors import CliError, LanguageRefused, NameRefused, NoProject, TargetNotEmpty
from partita.cli.location import Location, find_location, load_application
from partita.cli.main import main
from partita.cli.new import create_project

__all__ = (
    "CliError",
    "Location",
    "LanguageRefused",
    "NameRefused",
    "NoProject",
    "TargetNotEmpty",
    "create_project",
    "find_location",
    "load_application",
    "main",
)
