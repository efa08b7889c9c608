"""Cookies signed by what the settings name; whatever it is, nobody else makes them."""

import asyncio
import base64
import hmac
from collections.abc import Sequence
from typing import Any

import pytest

from partita.http import Request, Response
from partita.http.drafts import HttpRequest, HttpResponse
from partita.signing import BadSignature, TimestampSigner
from partita.urls import path
from partita.web.errors import UnusableBackend
from partita.web.testing import application

LEAN = ("partita.http", "partita.urls", "partita.signing")


class TwiceSigner(TimestampSigner):
    """Signs once more, as a device of the company would."""

    def __init__(self, keys: Sequence[str], salt: str) -> None:
        super().__init__(keys, salt)
        self._second = keys[0].encode()

    def sign(self, value: str) -> str:
        """Sign twice."""
        inner = super().sign(value)
        return f"{inner}.{self._mark(inner)}"

    def unsign(self, signed: str, max_age: Any = None) -> str:
        """Check both."""
        inner, _, mark = signed.rpartition(".")
        if not hmac.compare_digest(mark.encode(), self._mark(inner).encode()):
            raise BadSignature
        return super().unsign(inner, max_age)

    def _mark(self, text: str) -> str:
        return base64.urlsafe_b64encode(hmac.digest(self._second, text.encode(), "sha512"))[:40].decode()


def view(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(str(request.get_signed_cookie("basket", default="nothing", salt="shop")))
    response.set_signed_cookie("basket", "apples", salt="shop")
    return response


def ask(app: Any, cookie: str = "") -> Response:
    headers = {"Cookie": f"basket={cookie}"} if cookie else {}
    return asyncio.run(app(Request.build(headers=headers)))  # type: ignore[no-any-return]


@pytest.mark.parametrize("settings", [{}, {"backend": "test_signing_backends:TwiceSigner"}])
def test_the_backend_of_the_settings_signs_and_a_tampered_cookie_is_refused(
    settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.syspath_prepend(str(request.path.parent))
    with application(urls=[path("", view)], default_apps=LEAN, web={"drafts": True}, signing=settings) as app:
        sent = ask(app).headers["set-cookie"].partition(";")[0].partition("=")[2]
        assert ("." in sent) == bool(settings)
        assert ask(app, sent).body == b"apples"
        for at in range(len(sent)):
            tampered = sent[:at] + ("A" if sent[at] != "A" else "B") + sent[at + 1 :]
            assert ask(app, tampered).body == b"nothing", at


@pytest.mark.parametrize("name", ["nowhere:Signer", "partita.signing:Nothing", "partita.signing:__all__", ":", "a"])
def test_a_backend_that_cannot_be_used_is_named(name: str) -> None:
    with application(urls=[path("", view)], default_apps=LEAN, web={"drafts": True}, signing={"backend": name}) as app:
        found = [finding.text for finding in app.check() if "[signing] backend" in finding.text]
    assert found
    assert all(repr(name) in text for text in found)
    assert issubclass(UnusableBackend, LookupError)
