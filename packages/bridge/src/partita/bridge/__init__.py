"""Sync code that awaits natively: write logic once, and let the event loop go on while it waits."""

from partita.bridge.errors import BridgeError
from partita.bridge.trampoline import active, drive, run, wait

__all__ = ("BridgeError", "active", "drive", "run", "wait")
