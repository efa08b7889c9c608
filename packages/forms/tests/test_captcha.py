"""Questions that programs do not answer."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import CharField, Form, HoneypotField, ValidationError
from partita.forms.fields import CaptchaField, Challenge, QuestionCaptcha, ServiceCaptchaInput
from partita.signing import Signer

NOW = [1000.0]
SIGNER = Signer("k" * 32, salt="forms.captcha")
SPENT: set[str] = set()


def spend(token: str) -> bool:
    new = token not in SPENT
    SPENT.add(token)
    return new


def ask() -> tuple[str, str]:
    return "Who wrote the partitas?", "Bach"


class Comment(Form):
    text = CharField()
    website = HoneypotField()
    captcha = CaptchaField(
        captcha=QuestionCaptcha(signer=SIGNER, ask=ask, max_seconds=600, spend=spend, clock=lambda: NOW[0])
    )


def token(form: Form) -> str:
    found = re.search(r'name="captcha_token" value="([^"]+)"', str(form))
    assert found is not None
    return found[1]


def comment(answer: str, sent: str | None = None, **more: str) -> Comment:
    return Comment(
        {"text": "Hello", "captcha": answer, "captcha_token": token(Comment()) if sent is None else sent, **more}
    )


def test_the_right_answer_passes_whatever_its_case() -> None:
    assert comment(" bach ").is_valid()


def test_the_post_of_a_program_is_rejected() -> None:
    assert Comment({"text": "Buy!"}).has_error("captcha", "required")
    assert comment("x").has_error("captcha", "wrong")
    assert comment("Bach", website="http://spam.example").has_error("website", "filled")


def test_an_answer_counts_once_and_not_for_long() -> None:
    NOW[0] = 1000.0
    sent = token(Comment())
    assert comment("Bach", sent).is_valid()
    assert comment("Bach", sent).has_error("captcha", "wrong")
    old = token(Comment())
    NOW[0] += 700
    assert comment("Bach", old).has_error("captcha", "wrong")
    ahead = token(Comment())
    NOW[0] -= 700
    assert comment("Bach", ahead).has_error("captcha", "wrong")


def test_the_token_does_not_tell_the_answer_and_fits_no_other() -> None:
    sent = token(Comment())
    assert "bach" not in sent.casefold()
    assert comment("Telemann", sent).has_error("captcha", "wrong")
    head = sent.partition(":")[0]
    assert comment("Bach", head + token(Comment())[len(head) :]).has_error("captcha", "wrong")


@given(st.text(max_size=60), st.text(max_size=20))
def test_forged_tokens_are_wrong_and_nothing_else(sent: str, answer: str) -> None:
    form = comment(answer, sent)
    assert form.has_error("captcha", "wrong") or form.has_error("captcha", "required")


@pytest.mark.parametrize("sent", ["9" * 1_000_000, ["a", "b"], {"a": 1}, None, 7])
def test_what_is_too_long_or_no_text_is_no_answer(sent: Any) -> None:
    assert Comment({"text": "x", "captcha": sent, "captcha_token": sent}).has_error("captcha")


def test_the_question_is_the_label_and_each_page_asks_its_own(read_html: Callable[[object], Any]) -> None:
    form = Comment({"text": "", "captcha": "x", "captcha_token": "y"})
    page = read_html(form)
    assert "Who wrote the partitas?" in page.text
    assert ("label", {"for": "id_captcha"}) in page.elements
    answer = next(attrs for tag, attrs in page.elements if attrs.get("name") == "captcha")
    assert answer["aria-invalid"] == "true"
    assert "value" not in answer
    assert token(form) == token(form) != token(Comment())


def test_sums_are_asked_unless_told_otherwise() -> None:
    captcha = QuestionCaptcha(signer=SIGNER)
    challenge = captcha.challenge()
    words = re.fullmatch(r"How much is (\w+) plus (\w+)\? Answer with a number\.", str(challenge.question))
    assert words is not None
    numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
    total = numbers.index(words[1]) + numbers.index(words[2])
    assert captcha.check(challenge.token, str(total))
    assert not captcha.check(challenge.token, str(total + 1))


class Service:
    """Stands for a service that is asked over the network."""

    def challenge(self) -> Challenge:
        return Challenge("", "")

    async def check(self, token: str, answer: str) -> bool:
        await asyncio.sleep(0)
        return answer == "passed"


class Served(Form):
    captcha = CaptchaField(captcha=Service(), widget=ServiceCaptchaInput("site-1"), label="Are you human?")


def test_an_outside_service_is_awaited() -> None:
    async def check() -> None:
        assert await Served({"h-captcha-response": "passed"}).ais_valid()
        refused = Served({"h-captcha-response": "forged"})
        assert not await refused.ais_valid()
        assert refused.has_error("captcha", "wrong")

    asyncio.run(check())
    html = str(Served())
    assert '<div class="h-captcha" data-sitekey="site-1" id="id_captcha"></div>' in html
    assert "https://js.hcaptcha.com/1/api.js" in str(Served().media)


def test_without_a_form_the_field_checks_too() -> None:
    field = CaptchaField(captcha=QuestionCaptcha(signer=SIGNER, ask=ask))
    with pytest.raises(ValidationError, match="required"):
        field.clean("Bach")
