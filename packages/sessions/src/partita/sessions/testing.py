"""Tests that every session store must pass."""

import asyncio
import contextlib
import contextvars
import threading
from abc import ABC, abstractmethod

from partita.sessions.errors import NotStorable, SessionInterrupted
from partita.sessions.session import Session
from partita.sessions.stores import Change, Store, decode

__all__ = ("ServerStoreContract", "StoreContract")


class StoreContract(ABC):
    """Inherit this and define `make` and `pass_time`."""

    @abstractmethod
    def make(self) -> Store:
        """Return an empty store."""
        raise NotImplementedError

    @abstractmethod
    def pass_time(self, seconds: float) -> None:
        """Let the clock of the store that was made go on."""
        raise NotImplementedError

    def test_what_was_saved_loads(self) -> None:
        store = self.make()
        token = store.save(None, _change(a=1, b=["ü", None, {"c": 2.5}]), 60)
        assert decode(store.load(token) or b"{}") == {"a": 1, "b": ["ü", None, {"c": 2.5}]}

    def test_a_change_is_saved(self) -> None:
        store = self.make()
        token = store.save(None, _change(a=1, b=2), 60)
        token = store.save(token, Change({"a": 3}, {"a": 3}, frozenset({"b"})), 60)
        assert decode(store.load(token) or b"{}") == {"a": 3}

    def test_a_session_expires(self) -> None:
        store = self.make()
        token = store.save(None, _change(a=1), 60)
        self.pass_time(59)
        assert store.load(token) is not None
        self.pass_time(2)
        assert store.load(token) is None

    def test_saving_makes_it_live_on(self) -> None:
        store = self.make()
        token = store.save(None, _change(a=1), 60)
        self.pass_time(50)
        token = store.save(token, Change({"a": 1}, {}, frozenset()), 60)
        self.pass_time(50)
        assert store.load(token) is not None

    def test_no_foreign_token_loads_and_none_is_an_error(self) -> None:
        store = self.make()
        token = store.save(None, _change(a=1), 60)
        foreign = ["", "x", token[:-1], token + "x", token.swapcase(), "\ud800", "\x00", "ü" * 10_000, "x" * 100_000]
        for text in [*foreign, token[: len(token) // 2], "1", "'", '"', "../x", "%00", ":", ".", "a.b:c"]:
            assert store.load(text) is None, text
            store.delete(text)
        assert store.load(token) is not None

    def test_tokens_are_not_alike(self) -> None:
        store = self.make()
        tokens = {store.save(None, _change(a=number), 60) for number in range(100)}
        assert len(tokens) == 100
        assert all(token.isascii() and token.isprintable() and len(token) >= 32 for token in tokens)

    def test_what_json_does_not_know_is_refused_by_name(self) -> None:
        try:
            self.make().save(None, _change(a=1, thing=object()), 60)
        except NotStorable as error:
            assert "thing" in str(error)  # noqa: PT017 - the kit must not need pytest
        else:
            raise AssertionError("an object was stored")

    def test_the_async_names_do_the_same(self) -> None:
        async def live() -> None:
            store = self.make()
            token = await store.asave(None, _change(a=1), 60)
            assert decode(await store.aload(token) or b"{}") == {"a": 1}
            await store.adelete(token)
            assert await store.aclear_expired() == 0

        asyncio.run(live())

    def test_a_session_lives_over_requests(self) -> None:
        store = self.make()
        first = Session(store)
        first["cart"] = [1]
        second = Session(store, first.save())
        cart = second["cart"]
        assert isinstance(cart, list)
        cart.append(2)
        assert second.modified
        third = Session(store, second.save())
        assert dict(third) == {"cart": [1, 2]}


class ServerStoreContract(StoreContract):
    """What stores can do beyond that if they keep the data themselves."""

    def test_a_deleted_session_is_gone(self) -> None:
        store = self.make()
        token = store.save(None, _change(a=1), 60)
        store.delete(token)
        assert store.load(token) is None

    def test_a_session_that_was_deleted_does_not_come_back(self) -> None:
        store = self.make()
        token = store.save(None, _change(user=1), 60)
        store.delete(token)
        try:
            store.save(token, _change(user=1), 60)
        except SessionInterrupted:
            assert store.load(token) is None
        else:
            raise AssertionError("the session rose again")

    def test_nobody_can_choose_a_token(self) -> None:
        store = self.make()
        session = Session(store, "chosen-by-somebody-else-0123456789")
        session["a"] = 1
        assert session.save() != "chosen-by-somebody-else-0123456789"
        assert store.load("chosen-by-somebody-else-0123456789") is None

    def test_a_cycled_key_leaves_nothing_under_the_old_one(self) -> None:
        store = self.make()
        session = Session(store)
        session["a"] = 1
        old = session.save()
        again = Session(store, old)
        again.cycle_key()
        new = again.save()
        assert new != old
        assert store.load(old) is None
        assert dict(Session(store, new)) == {"a": 1}

    def test_expired_sessions_are_cleared(self) -> None:
        store = self.make()
        store.save(None, _change(a=1), 60)
        store.save(None, _change(a=2), 60)
        token = store.save(None, _change(a=3), 600)
        self.pass_time(100)
        assert store.clear_expired() == 2
        assert store.clear_expired() == 0
        assert store.load(token) is not None

    def test_changes_made_at_the_same_time_are_all_kept(self) -> None:
        store = self.make()
        token = store.save(None, _change(start=0), 60)
        sessions = [Session(store, token) for _ in range(8)]
        for number, session in enumerate(sessions):
            session[f"key{number}"] = number
        failures: list[BaseException] = []

        def save(session: Session) -> None:
            try:
                session.save()
            except BaseException as error:  # noqa: BLE001 - shown by the assertion below
                failures.append(error)

        # In a copy of the context: it knows which database is the current one.
        threads = [
            threading.Thread(target=contextvars.copy_context().run, args=(save, session)) for session in sessions
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert dict(Session(store, token)) == {"start": 0} | {f"key{number}": number for number in range(8)}

    def test_after_log_out_no_late_save_logs_in_again(self) -> None:
        store = self.make()
        session = Session(store)
        session["user"] = 1
        token = session.save()
        late = Session(store, token)
        late["visits"] = 2
        Session(store, token).flush()
        with contextlib.suppress(SessionInterrupted):
            late.save()
        assert len(Session(store, token)) == 0


def _change(**data: object) -> Change:
    return Change(data, data, frozenset())
