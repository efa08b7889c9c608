"""Sync code that awaits natively: write logic once, and let the event loop go on while it waits."""

from partita.bridge.errors import BridgeError
from partita.bridge.stopping import STOP, Stop, in_thread
from partita.bridge.trampoline import Beginner, Unfinished, active, drive, run, wait

__all__ = ("STOP", "Beginner", "BridgeError", "Stop", "Unfinished", "active", "drive", "in_thread", "run", "wait")
