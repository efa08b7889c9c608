"""What others may listen to when somebody logs in, logs out or fails to."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from partita import bridge
from partita.signals import Signal

__all__ = ("user_logged_in", "user_logged_out", "user_login_failed")


def _wait(receivers: Coroutine[Any, Any, list[object]]) -> list[object]:
    return bridge.wait(receivers) if bridge.active() else asyncio.run(receivers)


user_logged_in = Signal(wait=_wait)
"""Sent with ``sender`` the user's class, ``request`` and ``user``."""
user_logged_out = Signal(wait=_wait)
"""Sent with ``sender`` the user's class, ``request`` and ``user``."""
user_login_failed = Signal(wait=_wait)
"""Sent with ``sender`` the user model, ``request`` and ``email``; never with the password."""
