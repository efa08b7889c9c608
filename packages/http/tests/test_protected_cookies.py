import base64
import hashlib
import hmac
import json
import os
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.http.protected_cookies import ProtectedCookies


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0


class Signer:
    """A real signer with a clock that tests set, of the shape that the package asks for."""

    def __init__(self, salt: str, clock: Clock, key: bytes = b"k" * 32) -> None:
        self._key = hmac.digest(key, salt.encode(), "sha256")
        self._clock = clock

    def sign(self, value: str) -> str:
        text = json.dumps([value, self._clock.now])
        mac = hmac.digest(self._key, text.encode(), "sha256").hex()
        return f"{base64.urlsafe_b64encode(text.encode()).decode()}.{mac}"

    def unsign(self, signed: str, max_age: float | timedelta | None = None) -> str:
        encoded, _, mac = signed.partition(".")
        text = base64.urlsafe_b64decode(encoded.encode())
        if not hmac.compare_digest(hmac.digest(self._key, text, "sha256").hex(), mac):
            raise ValueError("bad signature")
        value, moment = json.loads(text)
        seconds = max_age.total_seconds() if isinstance(max_age, timedelta) else max_age
        if seconds is not None and self._clock.now - moment > seconds:
            raise ValueError("expired")
        return str(value)


class Encryptor:
    """A stream cipher from SHA-256, good enough to show that nothing can be read."""

    def encrypt_text(self, text: str, context: bytes = b"") -> str:
        nonce = os.urandom(16)
        return base64.urlsafe_b64encode(nonce + self._crypt(nonce, context, text.encode())).decode()

    def decrypt_text(self, token: str, context: bytes = b"") -> str:
        raw = base64.urlsafe_b64decode(token.encode())
        return self._crypt(raw[:16], context, raw[16:]).decode()

    def _crypt(self, nonce: bytes, context: bytes, data: bytes) -> bytes:
        return bytes(a ^ b for a, b in zip(data, hashlib.shake_256(nonce + context).digest(len(data)), strict=True))


def sent(response: Response) -> Request:
    """Return the request of a browser that keeps the response's cookies."""
    pairs = [value.partition(";")[0] for value in response.headers.get_all("set-cookie")]
    return Request.build(headers={"Cookie": "; ".join(pairs)})


def jar(clock: Clock, encrypted: bool = False) -> ProtectedCookies:
    return ProtectedCookies(lambda salt: Signer(salt, clock), Encryptor() if encrypted else None)


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_value_comes_back_and_the_cookie_has_its_attributes(encrypted: bool) -> None:
    cookies = jar(Clock(), encrypted)
    response = cookies.write(Response.text("x"), "cart", "17; ü=1", max_age=60, samesite="Strict")
    assert "; Max-Age=60; Path=/; HttpOnly; SameSite=Strict" in response.headers["set-cookie"]
    assert cookies.read(sent(response), "cart") == "17; ü=1"
    assert cookies.read(Request.build(), "cart") is None


@pytest.mark.parametrize("encrypted", [False, True])
def test_a_tampered_cookie_is_rejected_wherever_it_was_changed(encrypted: bool) -> None:
    cookies = jar(Clock(), encrypted)
    sealed = cookies.seal("cart", "17")
    for at, old in enumerate(sealed):
        changed = sealed[:at] + ("A" if old != "A" else "B") + sealed[at + 1 :]
        assert cookies.read(Request.build(headers={"Cookie": f"cart={changed}"}), "cart") != "17" or old in "=AB"
    with pytest.raises(ValueError, match="bad signature"):
        cookies.open("cart", sealed[:-1] + ("0" if sealed[-1] != "0" else "1"))
    for text in ("17", "", "a.b", "..", sealed[:-1], f"{sealed}0"):
        assert cookies.read(Request.build(headers={"Cookie": f"cart={text}"}), "cart") is None


def test_a_value_signed_for_one_name_does_not_count_under_another() -> None:
    cookies = jar(Clock())
    request = Request.build(headers={"Cookie": f"is_admin={cookies.seal('likes_tea', 'yes')}"})
    assert cookies.read(request, "is_admin") is None


NAMES = st.from_regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,12}", fullmatch=True)


@given(NAMES, NAMES, st.text(max_size=10))
def test_cve_2026_6873_names_never_collide_in_what_is_signed(name: str, other: str, value: str) -> None:
    salts: dict[str, str] = {}

    def signer(salt: str) -> Signer:
        assert salts.setdefault(salt, current) == current  # no two names lead to one salt
        return Signer(salt, Clock())

    cookies = ProtectedCookies(signer)
    current = name
    sealed = cookies.seal(name, value)
    assert cookies.open(name, sealed) == value
    current = other
    if other != name:
        with pytest.raises(ValueError, match="bad signature"):
            cookies.open(other, sealed)


def test_an_encrypted_value_cannot_be_read_and_differs_each_time() -> None:
    cookies = jar(Clock(), encrypted=True)
    one, two = cookies.seal("note", "secret words"), cookies.seal("note", "secret words")
    assert one != two
    for sealed in (one, two):
        text, _, _ = sealed.partition(".")
        assert b"secret" not in base64.urlsafe_b64decode(text)
        assert b"secret" not in base64.urlsafe_b64decode(json.loads(base64.urlsafe_b64decode(text))[0])


def test_an_old_cookie_expires_by_the_servers_clock() -> None:
    clock = Clock()
    cookies = jar(clock)
    request = sent(cookies.write(Response.text("x"), "cart", "17"))
    clock.now += 61
    assert cookies.read(request, "cart", max_age=120) == "17"
    assert cookies.read(request, "cart", max_age=60) is None
    assert cookies.read(request, "cart", timedelta(minutes=1)) is None
    with pytest.raises(ValueError, match="expired"):
        cookies.open("cart", request.cookies["cart"], max_age=60)
