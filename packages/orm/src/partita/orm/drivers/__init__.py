"""One module per database, imported when a URL names it."""

from partita.orm.drivers.base import Link, Row

__all__ = ("Link", "Row")
