"""How flat pages are found."""

import msgspec

from partita.contracts import current
from partita.contracts.key import Key

__all__ = ("FLATPAGES_SETTINGS", "FlatPagesSettings", "flatpages_settings")


class FlatPagesSettings(msgspec.Struct, frozen=True):
    """The section ``[flatpages]`` of the settings.

    Args:
        append_slash: Whether URLs end with a slash: one that comes without it is redirected to the page that has it.
    """

    append_slash: bool = True


FLATPAGES_SETTINGS = Key[FlatPagesSettings]("partita.flatpages.settings")


def flatpages_settings() -> FlatPagesSettings:
    """Return the current application's settings; the defaults without one."""
    return current.find(FLATPAGES_SETTINGS) or FlatPagesSettings()
