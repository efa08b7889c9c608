"""Parts of pages that are rendered once and shown again until they expire: the tag ``cache``."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from markupsafe import Markup

from partita.templates.context import Context
from partita.templates.errors import TemplateSyntaxError
from partita.templates.runtime import settle_result

__all__ = ("FragmentStore", "MemoryFragments", "fragment_key")

MAX_FRAGMENTS = 1000


class FragmentStore(Protocol):
    """What keeps fragments. An entry may vanish at any time.

    Both methods may also be coroutine functions: templates await them beneath the bridge.
    """

    def get(self, key: str, /) -> Any:
        """Return the text under ``key``, or None if it is absent or has expired."""
        ...

    def set(self, key: str, value: str, timeout: float | None, /) -> Any:
        """Keep ``value`` for ``timeout`` seconds; None means for good."""


class MemoryFragments:
    """Fragments in the memory of this process; those used least recently make room for new ones.

    Args:
        most: How many are kept.
        clock: Seconds that only go forward.
    """

    __slots__ = ("_clock", "_entries", "most")

    def __init__(self, most: int = MAX_FRAGMENTS, clock: Callable[[], float] = time.monotonic) -> None:
        self.most, self._clock = most, clock
        self._entries: OrderedDict[str, tuple[str, float | None]] = OrderedDict()

    def get(self, key: str, /) -> str | None:
        """See `FragmentStore.get`."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        text, end = entry
        if end is not None and end <= self._clock():
            self._entries.pop(key, None)
            return None
        self._entries[key] = entry
        try:
            self._entries.move_to_end(key)
        except KeyError:  # another thread has just dropped it
            return text
        return text

    def set(self, key: str, value: str, timeout: float | None, /) -> None:
        """See `FragmentStore.set`."""
        self._entries[key] = (value, None if timeout is None else self._clock() + timeout)
        while len(self._entries) > self.most:
            try:
                self._entries.popitem(last=False)
            except KeyError:  # another thread emptied it
                return

    def delete(self, key: str, /) -> None:
        """Forget one entry, if it is there."""
        self._entries.pop(key, None)


def fragment_key(name: str, vary_on: Iterable[object] = (), version: object = None) -> str:
    """Return the key under which ``{% cache seconds name a b version=v %}`` keeps its text.

    Args:
        name: Of the fragment.
        vary_on: The values it depends on. Of an object with ``cache_key``, that is taken, otherwise its text.
        version: Another value makes another key, so a new version never shows an old text.
    """
    from hashlib import sha256

    digest = sha256()
    for value in (*vary_on, version):
        part = settle_result(getattr(value, "cache_key", value))
        text = str(part() if callable(part) else part)
        # The length goes first: otherwise ("a", "bc") and ("ab", "c") would share a key, and one visitor see another's page.
        digest.update(f"{len(text)}:{text}".encode("utf-8", "surrogatepass"))
    return f"template.cache.{name}.{digest.hexdigest()}"


def find_store(context: Context, alias: object) -> FragmentStore:
    """Return the store that ``using`` names.

    Raises:
        TemplateSyntaxError: If the engine has none of this name.
    """
    stores: Mapping[str, FragmentStore] = context.engine.fragments if context.engine is not None else {}
    store = stores.get(str(alias))
    if store is None:
        known = ", ".join(sorted(stores)) or "none"
        raise TemplateSyntaxError(
            f"'cache' found no store {str(alias)[:80]!r}; known: {known}. Give it to Engine(fragments=...)"
        )
    return store


def seconds_of(value: object) -> float | None:
    """Return the lifetime that a template asks for.

    Raises:
        TemplateSyntaxError: If it is neither a number nor None.
    """
    if value is None:
        return None
    try:
        return float(value)  # type: ignore[arg-type] # what float() refuses is answered below
    except (TypeError, ValueError):
        raise TemplateSyntaxError(f"'cache' needs a number of seconds or None, got {str(value)[:80]!r}") from None


def load_fragment(store: FragmentStore, key: str) -> Markup | None:
    """Return a kept text; it was escaped before it was kept."""
    found = settle_result(store.get(key))
    if isinstance(found, bytes):
        found = found.decode()
    return None if found is None else Markup(found)


def keep_fragment(store: FragmentStore, key: str, text: Markup, timeout: float | None) -> Markup:
    """Keep ``text`` and return it."""
    if timeout is None or timeout > 0:
        settle_result(store.set(key, str.__str__(text), timeout))
    return text
