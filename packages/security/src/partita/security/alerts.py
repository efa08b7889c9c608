"""Somebody is told when the database fails or an attack is seen: once, and not for each of a thousand requests.

from partita.security.alerts import ALERTS, Alert

async def page_me(alert: Alert) -> None: ...

def setup(app): app.add(ALERTS, page_me)
"""

import asyncio
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from inspect import isawaitable, iscoroutinefunction
from typing import Literal

import msgspec

from partita.contracts.current import CURRENT
from partita.contracts.key import ExtensionPoint
from partita.http.errors import SuspiciousOperation
from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("ALERTS", "Alert", "AlertHook", "AlertKind", "AlertSettings", "Alerter", "alert_of", "send_alert")

AlertKind = Literal["database", "security"]

_log = logging.getLogger("partita.security.alerts")
_PATIENCE = 5.0  # seconds that one hook may take
_KINDS_KEPT = 200
# The names of PEP 249, which the ORM and all drivers have in common; what a user typed fails with one of the others.
_DATABASE = frozenset({"DatabaseError", "InterfaceError"})
_NO_FAULT = frozenset({"IntegrityError", "DataError", "NotUpdated"})
_SAYS_NO_VALUES = frozenset({"OperationalError", "InterfaceError"})


class AlertSettings(msgspec.Struct, frozen=True):
    """The section ``[security.alerts]``.

    Args:
        webhook: URL that gets them, signed as Standard Webhooks say.
        secret: Of the signature, ``whsec_`` and Base64.
        kinds: What is told.
        every: Seconds in which what is the same is told once.
    """

    webhook: str = ""
    secret: str = ""
    kinds: tuple[AlertKind, ...] = ("database", "security")
    every: float = 300.0


class Alert(msgspec.Struct, frozen=True):
    """What has happened.

    Args:
        kind: ``database``: it cannot be reached, or does not do what it was told; ``security``: somebody did what no honest client does.
        name: Of the class of the exception.
        text: What it says, as far as that cannot hold somebody's data.
        method: Of the request; empty if there was none.
        path: Of the request.
        again: How often the same has happened since it was last told.
    """

    kind: AlertKind
    name: str
    text: str = ""
    method: str = ""
    path: str = ""
    again: int = 0


AlertHook = Callable[[Alert], Awaitable[None] | None]
"""Tells somebody; sync ones are called in a thread."""
ALERTS = ExtensionPoint[AlertHook]("partita.security.alerts")


def alert_of(error: BaseException, request: Request | None = None) -> Alert | None:
    """Return what is to be told of an exception; None if it is no matter for an alert."""
    method, path = ("", "") if request is None else (request.method[:20], ascii(request.path[:200])[1:-1])
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            break
        if isinstance(seen, SuspiciousOperation):
            return Alert("security", type(seen).__name__, ascii(seen.message)[1:-1][:200], method, path)
        names = {each.__name__ for each in type(seen).__mro__}
        if names & _DATABASE and not names & _NO_FAULT:
            text = ascii(str(seen))[1:-1][:200] if names & _SAYS_NO_VALUES else ""
            return Alert("database", type(seen).__name__, text, method, path)
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return None


class Alerter:
    """Calls hooks, and holds back what is the same.

    Args:
        hooks: All of them are called.
        kinds: What is told.
        every: Seconds in which what is the same is told once.
        clock: Monotonic seconds.
    """

    __slots__ = ("_clock", "_every", "_hooks", "_kinds", "_lock", "_told")

    def __init__(
        self,
        hooks: Sequence[AlertHook],
        kinds: Iterable[AlertKind] = ("database", "security"),
        every: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hooks, self._kinds, self._every, self._clock = tuple(hooks), frozenset(kinds), every, clock
        self._told: OrderedDict[tuple[str, str], tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    async def tell(self, alert: Alert) -> bool:
        """Call the hooks, unless the same was told a short time ago; says whether it did."""
        if alert.kind not in self._kinds:
            return False
        due = self._due(alert)
        if due is None:
            return False
        await send_alert(due, self._hooks)
        return True

    def middleware(self) -> Inline:
        """Return the middleware that tells of exceptions which became answers."""

        async def told(alert: Alert, response: Response) -> Response:
            await self.tell(alert)
            return response

        def after(request: Request, response: Response) -> Response | Awaitable[Response]:
            error = request.state.get_by_name("failure")
            alert = alert_of(error, request) if isinstance(error, BaseException) else None
            return response if alert is None else told(alert, response)

        return Inline(after=after, if_looked_into=True)  # type: ignore[arg-type]  # what it awaits is a coroutine

    def _due(self, alert: Alert) -> Alert | None:
        key, now = (alert.kind, alert.name), self._clock()
        with self._lock:
            last, again = self._told.get(key, (None, 0))
            if last is not None and now - last < self._every:
                self._told[key] = (last, again + 1)
                return None
            self._told[key] = (now, 0)
            self._told.move_to_end(key)
            while len(self._told) > _KINDS_KEPT:
                self._told.popitem(last=False)
        return msgspec.structs.replace(alert, again=again)


async def send_alert(alert: Alert, hooks: Iterable[AlertHook] | None = None) -> None:
    """Tell somebody, and write it into the log ``partita.security.alerts``.

    Args:
        alert: What has happened.
        hooks: Those of the current application if None. One that fails, or takes more than five seconds, is logged.
    """
    _log.critical("%s: %s %s %s %s", alert.kind, alert.name, alert.method, alert.path, alert.text)
    if hooks is None:
        app = CURRENT.get(None)
        hooks = () if app is None else app.all(ALERTS)
    for hook in hooks:
        try:
            await asyncio.wait_for(_call(hook, alert), _PATIENCE)
        except Exception as error:  # noqa: BLE001 - whatever a hook does, the others have their turn and the visitor an answer
            _log.error("The alert could not be sent by %r", hook, exc_info=error)


async def _call(hook: AlertHook, alert: Alert) -> None:
    returned = hook(alert) if iscoroutinefunction(hook) else await asyncio.to_thread(hook, alert)
    if isawaitable(returned):
        await returned
