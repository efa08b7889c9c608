import re

from partita.http.request import Request
from partita.security.csrf import CSRF_SECRET, CsrfSecret
from partita.templates import Engine


def render(request: Request | None) -> str:
    engine = Engine(templates={"a.html": "<form>{% csrf_token %}</form>"}, builtins=["partita.security.templatetags"])
    text: str = engine.render("a.html", {}, request)
    return text


def test_the_tag_writes_the_hidden_field() -> None:
    request = Request.build()
    secret = CsrfSecret(None)
    request.state.fill(CSRF_SECRET, secret)
    found = re.fullmatch(
        r'<form><input type="hidden" name="csrfmiddlewaretoken" value="([A-Za-z0-9]{64})"></form>', render(request)
    )
    assert found is not None
    assert CsrfSecret(secret.new_cookie()).accepts(found[1])


def test_without_a_request_the_tag_writes_nothing() -> None:
    assert render(None) == "<form></form>"
