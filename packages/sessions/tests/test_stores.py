import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.sessions import EncryptedCookieStore, MemoryStore, SessionTooLarge, SignedCookieStore, Store
from partita.sessions.stores import Change, decode, encode
from partita.sessions.testing import ServerStoreContract, StoreContract

KEYS = ("a secret",)
names = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 3))


class Clocked:
    now = 1_800_000_000.0

    def pass_time(self, seconds: float) -> None:
        self.now += seconds


class TestMemoryStore(Clocked, ServerStoreContract):
    def make(self) -> Store:
        return MemoryStore(clock=lambda: self.now)

    def test_the_number_of_sessions_is_bounded_and_the_used_ones_stay(self) -> None:
        store = MemoryStore(largest=3)
        change = Change({}, {}, frozenset())
        first = store.save(None, change, 60)
        others = [store.save(None, change, 60) for _ in range(2)]
        store.load(first)
        store.save(None, change, 60)
        assert store.load(first) is not None
        assert [store.load(other) is None for other in others] == [True, False]

    def test_the_tokens_are_not_kept(self) -> None:
        store = MemoryStore()
        token = store.save(None, Change({}, {}, frozenset()), 60)
        assert token.encode() not in store._sessions


class TestSignedCookieStore(Clocked, StoreContract):
    def make(self) -> Store:
        return SignedCookieStore(KEYS, clock=lambda: self.now)

    def test_an_old_key_still_opens_and_the_new_one_signs(self) -> None:
        change = Change({"a": 1}, {"a": 1}, frozenset())
        rotated = SignedCookieStore(("new", *KEYS))
        token = self.make().save(None, change, 60)
        assert SignedCookieStore(("new", *KEYS), clock=lambda: self.now).load(token) is not None
        assert self.make().load(rotated.save(None, change, 60)) is None

    def test_a_session_too_large_for_a_cookie_is_refused(self) -> None:
        change = Change({"a": "x" * 4000}, {}, frozenset())
        with pytest.raises(SessionTooLarge, match='store = "database"'):
            self.make().save(None, change, 60)

    def test_another_salt_opens_nothing(self) -> None:
        token = self.make().save(None, Change({"a": 1}, {}, frozenset()), 60)
        assert SignedCookieStore(KEYS, "other", clock=lambda: self.now).load(token) is None


class TestEncryptedCookieStore(Clocked, StoreContract):
    def make(self) -> Store:
        return EncryptedCookieStore(KEYS, clock=lambda: self.now)

    def test_the_content_cannot_be_read(self) -> None:
        from base64 import urlsafe_b64decode

        token = self.make().save(None, Change({"iban": "DE02"}, {}, frozenset()), 60)
        assert b"iban" not in urlsafe_b64decode(token + "===")
        signed = SignedCookieStore(KEYS).save(None, Change({"iban": "DE02"}, {}, frozenset()), 60)
        assert SignedCookieStore(KEYS).load(token) is None
        assert self.make().load(signed) is None

    def test_an_old_key_still_opens(self) -> None:
        token = self.make().save(None, Change({"a": 1}, {}, frozenset()), 60)
        assert EncryptedCookieStore(("new", *KEYS), clock=lambda: self.now).load(token) == b'{"a":1}'


@given(names, names, names)
def test_a_change_keeps_what_others_stored_meanwhile(
    before: dict[str, object], mine: dict[str, object], theirs: dict[str, object]
) -> None:
    updated = {name: value for name, value in mine.items() if before.get(name) != value}
    removed = frozenset(before.keys() - mine.keys())
    result = decode(Change(mine, updated, removed).apply(encode(theirs)))
    assert updated.items() <= result.items()
    assert not removed & result.keys()
    untouched = theirs.keys() - updated.keys() - removed
    assert {name: result[name] for name in untouched} == {name: theirs[name] for name in untouched}


@given(st.text())
def test_no_text_is_a_cookie_session(text: str) -> None:
    assert SignedCookieStore(KEYS).load(text) is None
    assert EncryptedCookieStore(KEYS).load(text) is None
