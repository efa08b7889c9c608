"""Typed signals with sync and async receivers."""

from partita.signals.errors import ReceiverError, SignalError
from partita.signals.signal import Offload, Receiver, Responses, Signal, Wait, receiver

__all__ = (
    "Offload",
    "Receiver",
    "ReceiverError",
    "Responses",
    "Signal",
    "SignalError",
    "Wait",
    "receiver",
)
