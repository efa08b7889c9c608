import re

from partita.http.drafts import HttpRequest
from partita.http.request import Request
from partita.security.consent import CONSENT, Consent, ConsentPolicy, Purpose
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


def test_a_banner_asks_whoever_has_not_decided() -> None:
    engine = Engine(templates={"a.html": "{% consent_banner %}"}, builtins=["partita.security.templatetags"])
    policy = ConsentPolicy((Purpose("stats", "Statistics & more"),))
    for given in (Request.build(), HttpRequest(Request.build())):
        assert engine.render("a.html", {}, given) == "", "nothing is asked without the layer"
        given.state.fill(CSRF_SECRET, CsrfSecret(None))
        given.state.fill(CONSENT, Consent(policy, frozenset(), False))
        shown = engine.render("a.html", {}, given)
        assert shown.startswith('<form class="consent-banner"')
        assert "Statistics &amp; more" in shown
        given.state.fill(CONSENT, Consent(policy, frozenset(), True))
        assert engine.render("a.html", {}, given) == ""
    assert engine.render("a.html", {}, None) == ""
