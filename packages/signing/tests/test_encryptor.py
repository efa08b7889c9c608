import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.signing import BadSignature, DecryptionFailed, Encryptor

BOX = Encryptor("a secret", "test")


@given(st.binary(), st.binary(max_size=20))
def test_what_was_encrypted_decrypts(data: bytes, context: bytes) -> None:
    sealed = BOX.encrypt(data, context)
    assert BOX.decrypt(sealed, context) == data
    assert len(sealed) == len(data) + 45


@given(st.text())
def test_text_comes_back(text: str) -> None:
    token = BOX.encrypt_text(text)
    assert BOX.decrypt_text(token) == text
    assert not set(token) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")


def test_the_plain_text_cannot_be_seen_and_never_looks_the_same_twice() -> None:
    sealed = {BOX.encrypt(b"attack at dawn") for _ in range(50)}
    assert len(sealed) == 50
    assert not any(b"attack" in one or b"dawn" in one for one in sealed)


@given(st.binary())
def test_nothing_foreign_decrypts(data: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        BOX.decrypt(data)
    with pytest.raises(DecryptionFailed):
        BOX.decrypt(b"\x01" + data)


@given(st.text())
def test_no_foreign_text_decrypts(text: str) -> None:
    with pytest.raises(BadSignature):
        BOX.decrypt_text(text)


def test_every_flipped_bit_is_noticed() -> None:
    sealed = BOX.encrypt(b"x")
    for place in range(len(sealed) * 8):
        changed = bytearray(sealed)
        changed[place // 8] ^= 1 << place % 8
        with pytest.raises(DecryptionFailed):
            BOX.decrypt(bytes(changed))


def test_a_message_has_one_spelling() -> None:
    token = BOX.encrypt_text("x")  # 46 bytes: the last character has unused bits
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    opened = []
    for letter in alphabet:
        try:
            BOX.decrypt_text(token[:-1] + letter)
        except DecryptionFailed:
            continue
        opened.append(letter)
    assert opened == [token[-1]]


def test_another_salt_key_or_context_opens_nothing() -> None:
    sealed = BOX.encrypt(b"x", b"row 1")
    for other in (Encryptor("a secret", "other"), Encryptor("other", "test")):
        with pytest.raises(DecryptionFailed):
            other.decrypt(sealed, b"row 1")
    with pytest.raises(DecryptionFailed):
        BOX.decrypt(sealed, b"row 2")


def test_an_old_key_decrypts_after_rotation() -> None:
    rotated = Encryptor(["new", "old"], "test")
    assert rotated.decrypt(Encryptor("old", "test").encrypt(b"x")) == b"x"
    with pytest.raises(DecryptionFailed):
        Encryptor("old", "test").decrypt(rotated.encrypt(b"x"))


def test_a_deterministic_one_makes_equal_of_equal_and_of_nothing_else() -> None:
    box = Encryptor("a secret", "test", deterministic=True)
    assert box.encrypt_text("a@x.org", b"customer") == box.encrypt_text("a@x.org", b"customer")
    others = {box.encrypt_text(text, where) for text, where in (("a@x.org", b"customer"), ("a@x.or", b"customer"))}
    others |= {box.encrypt_text("ra@x.org", b"custome"), box.encrypt_text("a@x.org", b"supplier")}
    others |= {
        Encryptor("another", "test", deterministic=True).encrypt_text("a@x.org", b"customer"),
        Encryptor("a secret", "other", deterministic=True).encrypt_text("a@x.org", b"customer"),
    }
    assert len(others) == 6


@given(st.binary(), st.binary(max_size=20), st.binary(), st.binary(max_size=20))
def test_no_two_messages_share_a_key_and_a_nonce(one: bytes, here: bytes, other: bytes, there: bytes) -> None:
    box = Encryptor("a secret", "test", deterministic=True)
    first, second = box.encrypt(one, here), box.encrypt(other, there)
    assert (first[:29] == second[:29]) == ((one, here) == (other, there))
    assert box.decrypt(first, here) == one
    assert Encryptor("a secret", "test").decrypt(first, here) == one  # what reads need not know how it was made


def test_what_any_of_the_keys_made_is_looked_for() -> None:
    old = Encryptor("old", deterministic=True)
    box = Encryptor(["new", "old"], deterministic=True)
    assert box.candidates("x", b"here") == (box.encrypt_text("x", b"here"), old.encrypt_text("x", b"here"))
    with pytest.raises(TypeError, match="deterministic=True"):
        Encryptor("new").candidates("x")


@pytest.mark.parametrize("deterministic", [False, True])
def test_what_an_older_key_encrypted_comes_under_the_newest(deterministic: bool) -> None:
    old = Encryptor("old", deterministic=deterministic).encrypt_text("x", b"here")
    box = Encryptor(["new", "old"], deterministic=deterministic)
    renewed = box.renewed_text(old, b"here")
    assert renewed != old
    assert Encryptor("new").decrypt_text(renewed, b"here") == "x"
    assert box.renewed_text(renewed, b"here") == renewed
    with pytest.raises(DecryptionFailed):
        box.renewed_text(old, b"there")


def test_what_was_made_at_random_can_be_looked_for_once_it_is_renewed() -> None:
    box = Encryptor("a secret", deterministic=True)
    assert box.renewed_text(Encryptor("a secret").encrypt_text("x")) == box.candidates("x")[0]
