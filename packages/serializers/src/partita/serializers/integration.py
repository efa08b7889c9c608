"""What serializers give an application: two commands, and formats of its own."""

from partita.contracts.app import Registrar
from partita.contracts.commands import COMMANDS
from partita.serializers.commands import DumpData, LoadData
from partita.serializers.formats import FORMATS, FORMATS_ADDED, Formats
from partita.serializers.settings import SERIALIZERS_SETTINGS, SerializersSettings

__all__ = ("setup",)


def setup(app: Registrar) -> None:
    """Give ``app`` the commands ``dumpdata`` and ``loaddata``, and the formats added at ``FORMATS_ADDED``."""
    app.provide(SERIALIZERS_SETTINGS, lambda: app.section("serializers", SerializersSettings))
    app.provide(FORMATS, lambda: Formats(app.all(FORMATS_ADDED)))
    app.add(COMMANDS, DumpData())
    app.add(COMMANDS, LoadData())
