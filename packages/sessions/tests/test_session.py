import asyncio
import pickle
from datetime import UTC, datetime, timedelta

import pytest

from partita.sessions import MemoryStore, NotStorable, Session, SessionInterrupted
from partita.sessions.stores import Change


class Counting(MemoryStore):
    """Counts the look-ups."""

    __slots__ = ("loads",)

    def __init__(self) -> None:
        super().__init__()
        self.loads = 0

    def load(self, token: str) -> bytes | None:
        self.loads += 1
        return super().load(token)


def stored(**data: object) -> tuple[Counting, str]:
    store = Counting()
    return store, store.save(None, Change(data, data, frozenset()), 60)


def test_nothing_is_loaded_until_somebody_looks_and_then_once() -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    assert (store.loads, session.accessed, session.modified) == (0, False, False)
    assert session["a"] == 1
    assert session.get("b") is None
    assert (store.loads, session.accessed, session.modified) == (1, True, False)


@pytest.mark.parametrize(
    "look", [len, bool, list, dict, lambda s: "a" in s, lambda s: s.get("a"), lambda s: s.session_key]
)
def test_cve_2026_27205_any_look_counts_as_access(look: object) -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    assert callable(look)
    look(session)
    assert session.accessed
    assert not session.modified


def test_it_is_a_dictionary() -> None:
    store, token = stored(a=1, b=2)
    session = Session(store, token)
    assert session.pop("a") == 1
    session.update(c=3)
    assert session.setdefault("c", 4) == 3
    del session["b"]
    assert dict(session) == {"c": 3}
    with pytest.raises(KeyError):
        session["a"]
    session.clear()
    assert session.is_empty


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (1, 1.0), (0, False), (["a"], ["b"]), ({"a": 1}, {"a": True})]
)
def test_a_value_of_another_type_is_a_change(before: object, after: object) -> None:
    store, token = stored(a=before)
    session = Session(store, token)
    session["a"] = after
    session.save()
    found = Session(store, token)["a"]
    assert (found, type(found)) == (after, type(after))


def test_a_change_inside_a_list_is_noticed() -> None:
    store, token = stored(a=[1], b=1)
    session = Session(store, token)
    value = session["a"]
    assert not session.modified
    assert isinstance(value, list)
    value.append(2)
    assert session.modified


def test_the_representation_shows_nothing() -> None:
    store, token = stored(secret=1)
    session = Session(store, token)
    assert repr(session) == "<Session>"
    assert not session.accessed


def test_flush_forgets_everything_at_once() -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    session.flush()
    assert store.load(token) is None
    assert dict(session) == {}
    assert session.session_key is None
    session["b"] = 1
    assert session.save() != token


def test_flush_after_cycling_forgets_the_old_key_too() -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    session.cycle_key()
    session.flush()
    assert store.load(token) is None


def test_a_failed_request_leaves_the_old_session_after_cycling() -> None:
    store, token = stored(a=1)
    Session(store, token).cycle_key()  # and never saved
    assert store.load(token) is not None


def test_saving_a_session_that_ended_is_an_interruption() -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    session["a"] = 2
    store.delete(token)
    with pytest.raises(SessionInterrupted) as caught:
        session.save()
    assert caught.value.status == 400
    assert type(pickle.loads(pickle.dumps(caught.value))) is SessionInterrupted


def test_what_cannot_be_stored_is_named() -> None:
    session = Session(MemoryStore())
    session["when"] = {1, object()}
    with pytest.raises(NotStorable, match=r"session\['when'\]"):
        session.save()


def test_async_names_do_the_same() -> None:
    async def live() -> None:
        store, token = stored(a=1)
        session = Session(store, token)
        assert await session.aget("a") == 1
        await session.aset("b", 2)
        await session.aupdate({"c": 3})
        assert await session.apop("a") == 1
        await session.acycle_key()
        new = await session.asave()
        assert store.load(token) is None
        again = Session(store, new)
        assert await again.aget("b") == 2
        await again.aflush()
        assert store.load(new) is None

    asyncio.run(live())


NOW = datetime(2026, 11, 21, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "age", "at_close"),
    [
        (None, 1000, False),
        (300, 300, False),
        (timedelta(minutes=5), 300, False),
        (NOW + timedelta(hours=1), 3600, False),
        (NOW - timedelta(hours=1), -3600, False),
        (0, 1000, True),
    ],
)
def test_expiry_is_what_was_set(value: object, age: int, at_close: bool) -> None:
    session = Session(MemoryStore(), max_age=1000, clock=NOW.timestamp)
    session.set_expiry(value)  # type: ignore[arg-type]  # the cases are of all its types
    assert session.get_expiry_age() == age
    assert session.get_expiry_date() == NOW + timedelta(seconds=age)
    assert session.get_expire_at_browser_close() is at_close
    assert list(session) == []
    assert session.is_empty


def test_expiry_travels_with_the_session_and_can_be_taken_back() -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    session.set_expiry(77)
    session.save()
    again = Session(store, token)
    assert again.get_expiry_age() == 77
    again.set_expiry(None)
    assert again.get_expiry_age() == 1_209_600


def test_test_cookies_work() -> None:
    store = MemoryStore()
    session = Session(store)
    assert not session.test_cookie_worked()
    session.set_test_cookie()
    again = Session(store, session.save())
    assert again.test_cookie_worked()
    again.delete_test_cookie()
    assert not again.test_cookie_worked()


def test_it_can_be_asked_for_created_and_deleted() -> None:
    session = Session(MemoryStore())
    assert not session.exists()
    session["a"] = 1
    first = session.create()
    assert session.exists(first)
    second = session.save(must_create=True)
    assert second != first
    assert Session(session._store, second)["a"] == 1
    session.delete(first)
    assert not session.exists(first)
    session.delete()
    assert not session.exists(second)


def test_clearing_keeps_the_session() -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    session.clear()
    assert session.modified
    assert session.save() == token
    assert dict(Session(store, token)) == {}


def test_what_was_ended_elsewhere_is_forgotten_here() -> None:
    store, token = stored(a=1)
    session = Session(store, token)
    session["b"] = 2
    store.delete(token)
    with pytest.raises(SessionInterrupted):
        session.save()
    assert session.load() == {}
    assert session.session_key is None


def test_an_expiry_in_the_past_ends_it_at_once() -> None:
    session = Session(MemoryStore())
    session["a"] = 1
    session.set_expiry(-timedelta(seconds=10))
    assert session.get_expiry_age() == -10
    assert not Session(session._store, session.save()).exists()


def test_ages_and_dates_count_from_the_change_that_is_given() -> None:
    session, then = Session(MemoryStore()), datetime(2030, 1, 1, tzinfo=UTC)
    session.set_expiry(then + timedelta(seconds=30))
    assert session.get_expiry_age(modification=then) == 30
    assert session.get_expiry_date(modification=then) == then + timedelta(seconds=30)
    session.set_expiry(10)
    assert session.get_expiry_date(modification=then) == then + timedelta(seconds=10)
    assert session.get_expiry_age(expiry=timedelta(minutes=1)) == 60


def test_every_name_that_may_wait_has_an_async_twin() -> None:
    async def use() -> None:
        store, token = stored(a=1)
        session = Session(store, token)
        assert await session.ahas_key("a")
        assert (list(await session.akeys()), list(await session.avalues())) == (["a"], [1])
        assert list(await session.aitems()) == [("a", 1)]
        assert await session.asetdefault("b", 2) == 2
        assert await session.apop("b") == 2
        with pytest.raises(KeyError):
            await session.apop("b")
        await session.aset_expiry(0)
        assert await session.aget_expire_at_browser_close()
        assert await session.aget_expiry_age() == 1_209_600
        assert (await session.aget_expiry_date(modification=datetime(2030, 1, 1, tzinfo=UTC))).year == 2030
        await session.aset_test_cookie()
        assert await session.atest_cookie_worked()
        await session.adelete_test_cookie()
        assert await session.aexists()
        assert await session.acreate() != token
        await session.adelete()
        assert not await session.aexists()

    asyncio.run(use())
