"""What models tell as they are made, saved and deleted."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from partita import bridge
from partita.orm.registry import Registry, registry
from partita.signals import Receiver, Signal

__all__ = (
    "class_prepared",
    "connection_created",
    "m2m_changed",
    "post_bulk_create",
    "post_bulk_update",
    "post_delete",
    "post_init",
    "post_save",
    "pre_bulk_create",
    "pre_bulk_update",
    "pre_delete",
    "pre_init",
    "pre_save",
)


def _wait(receivers: Coroutine[Any, Any, list[object]]) -> list[object]:
    return bridge.wait(receivers) if bridge.active() else asyncio.run(receivers)


class ModelSignal(Signal):
    """A signal whose sender may be named as ``"shop.Album"`` before the class exists."""

    __slots__ = ()

    def __init__(self) -> None:
        super().__init__(wait=_wait, offload=bridge.run)

    def connect(
        self,
        receiver: Receiver,
        sender: object = None,
        weak: bool = True,
        dispatch_uid: Any = None,
        *,
        registry: Registry = registry,
    ) -> None:
        """Connect as `Signal.connect` does; ``sender`` may be a label in ``registry``."""
        if isinstance(sender, str):
            connect = super().connect
            registry.when_registered(sender, lambda model: connect(receiver, model, weak, dispatch_uid))
        else:
            super().connect(receiver, sender, weak, dispatch_uid)


class_prepared = ModelSignal()
pre_init, post_init = ModelSignal(), ModelSignal()
pre_save, post_save = ModelSignal(), ModelSignal()
pre_delete, post_delete = ModelSignal(), ModelSignal()
pre_bulk_create, post_bulk_create = ModelSignal(), ModelSignal()
pre_bulk_update, post_bulk_update = ModelSignal(), ModelSignal()
m2m_changed = ModelSignal()
connection_created = ModelSignal()
