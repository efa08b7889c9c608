"""Where an application keeps fixtures, besides its packages."""

import msgspec

from partita.contracts.key import Key

__all__ = ("SERIALIZERS_SETTINGS", "SerializersSettings")


class SerializersSettings(msgspec.Struct, frozen=True):
    """The section ``[serializers]`` of the settings.

    Args:
        fixture_dirs: Folders that fixtures are looked for in, after those of the packages.
    """

    fixture_dirs: tuple[str, ...] = ()


SERIALIZERS_SETTINGS = Key[SerializersSettings]("partita.serializers.settings")
