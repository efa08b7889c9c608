"""Sync code that awaits natively: write logic once, and let the event loop go on while it waits."""

from partita.bridge.errors import BridgeError
from partita.bridge.trampoline import Beginner, Unfinished, active, drive, run, wait

__all__ = ("Beginner", "BridgeError", "Unfinished", "active", "drive", "run", "wait")
