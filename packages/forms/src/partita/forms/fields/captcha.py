"""A question that people can answer and most programs cannot: the field, what asks and checks, and one that needs no other site."""

import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, NamedTuple, Protocol, Self

from markupsafe import Markup

from partita.contracts.i18n import LazyText, gettext, gettext_lazy
from partita.forms.awaiting import is_async_function
from partita.forms.bound import BoundField
from partita.forms.data import FormData, one_value
from partita.forms.fields.base import Field
from partita.forms.fields.signed import ValueSigner
from partita.forms.media import Media, Script
from partita.forms.renderers import BaseRenderer
from partita.forms.rendering.attributes import fill_html, write_attributes
from partita.forms.widgets import HiddenInput, TextInput, Widget
from partita.validation import Message

__all__ = (
    "Captcha",
    "CaptchaAnswer",
    "CaptchaField",
    "CaptchaInput",
    "Challenge",
    "QuestionCaptcha",
    "ServiceCaptchaInput",
)

_LONGEST_TOKEN: Final = 4096  # those of outside services have up to 2048 characters
_LONGEST_ANSWER: Final = 100


class Challenge(NamedTuple):
    """What is asked."""

    token: str
    """Goes along as a hidden value, so that the answer can be checked; anybody can read it."""
    question: Message
    """In words, for the label; empty if an outside service asks."""


class CaptchaAnswer(NamedTuple):
    """What came back."""

    token: str
    answer: str


class Captcha(Protocol):
    """Asks and checks. `check` may be async, to ask an outside service; then forms need `BaseForm.ais_valid`."""

    def challenge(self) -> Challenge:
        """Return a new question."""
        ...

    def check(self, token: str, answer: str, /) -> bool | Awaitable[bool]:
        """Tell whether ``answer`` is right.

        Args:
            token: That of the challenge as it came back, at most 4096 characters: people can change it.
            answer: As it was typed, at most 100 characters; that of an outside service at most 4096.
        """
        ...


class CaptchaInput(TextInput):
    """A line for the answer, and the hidden token."""

    template_name = "partita/forms/widgets/text.html"

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__({"autocomplete": "off", **(attrs or {})})

    def render(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Markup:
        """Return an empty line, whatever was typed before: the question is another one."""
        html = super().render(name, None, attrs, renderer)
        if not isinstance(value, Challenge):
            return html
        return html + HiddenInput().render(f"{name}_token", value.token, None, renderer)

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return token and answer, cut to what they may have at most."""
        return CaptchaAnswer(_text(data, f"{name}_token", _LONGEST_TOKEN), _text(data, name, _LONGEST_ANSWER))


class ServiceCaptchaInput(Widget):
    """The place where the script of an outside service puts what it asks, such as hCaptcha or Turnstile.

    Its address must be allowed by the content security policy (``script-src``, ``frame-src``).

    Args:
        site_key: What the service knows the site by.
        script: The address of its script.
        css_class: What its script looks for.
        response_name: The name under which its script sends the answer.
        attrs: More attributes of the element.
    """

    use_fieldset = True  # there is no control that a label could point to before the script has run

    def __init__(
        self,
        site_key: str,
        script: str = "https://js.hcaptcha.com/1/api.js",
        css_class: str = "h-captcha",
        response_name: str = "h-captcha-response",
        attrs: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__({"class": css_class, "data-sitekey": site_key, **(attrs or {})})
        self.script, self.response_name = script, response_name

    @property
    def media(self) -> Media:
        """The script of the service."""
        return Media(js=[Script(self.script, defer=True)])

    def render(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Markup:
        """Return an empty element."""
        id_ = (attrs or {}).get("id")
        return fill_html("<div%s></div>", write_attributes({**self.attrs, **({"id": id_} if id_ else {})}))

    def id_for_label(self, id_: str | None) -> str | None:
        """Return None, see ``use_fieldset``."""
        return None

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the answer that the script has sent."""
        return CaptchaAnswer("", _text(data, self.response_name, _LONGEST_TOKEN))


class CaptchaField(Field):
    """A question that must be answered; each time the form is shown it is another one. The question is the label.

    Args:
        captcha: What asks and checks.
        **kwargs: As for `Field`; ``required``, ``initial`` and ``disabled`` are not among them.
    """

    widget: Widget = CaptchaInput()
    default_error_messages = {"wrong": gettext_lazy("That was not right. Please answer this new question.")}

    def __init__(self, *, captcha: Captcha, **kwargs: Any) -> None:
        super().__init__(required=True, **kwargs)
        self.captcha = captcha
        self._asked: Challenge | None = None
        self._waits = is_async_function(captcha.check)
        if self._waits:
            self.async_validators.append(self._acheck)

    def validate(self, value: object) -> None:
        """Raise `ValidationError` if there is no answer, or a wrong one."""
        if not isinstance(value, CaptchaAnswer) or not value.answer:
            raise self.error("required")
        if not self._waits and not self.captcha.check(value.token, value.answer):
            raise self.error("wrong")

    async def _acheck(self, value: CaptchaAnswer) -> None:
        right: Any = self.captcha.check(value.token, value.answer)
        if not await right:
            raise self.error("wrong")

    def get_bound_field(self, form: Any, name: str) -> BoundField:
        """Return the field of one form, whose label is the question if it has none of its own."""
        if self.label is None:
            self.label = LazyText(lambda: str(self._challenge().question))
        return super().get_bound_field(form, name)

    def bound_data(self, data: object, initial: object) -> object:
        """Return nothing: whoever reads the errors is asked anew."""
        return None

    def prepare_value(self, value: object) -> object:
        """Return the challenge of this form."""
        return self._challenge()

    def has_changed(self, initial: object, data: object) -> bool:
        """Return False: it says nothing about the rest of the form."""
        return False

    def clone(self) -> Self:
        """Return a copy that asks its own question."""
        again = super().clone()
        again._asked = None
        return again

    def _challenge(self) -> Challenge:
        if self._asked is None:
            self._asked = self.captcha.challenge()
        return self._asked


def sum_question() -> tuple[Message, str]:
    """Return the question for the sum of two small numbers in words, and the answer."""
    one, two = secrets.randbelow(9) + 1, secrets.randbelow(9) + 1
    words = [gettext(word) for word in _WORDS]
    places = {"one": words[one], "two": words[two]}
    return gettext("How much is %(one)s plus %(two)s? Answer with a number.") % places, str(one + two)


_WORDS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")


class QuestionCaptcha:
    """Asks in words, by default for a sum, and keeps nothing on the server: time and answer are part of a signature.

    It is read by screen readers and asks no other site. It keeps off programs that fill in whatever form they find, not one that
    was written for this page.

    Args:
        signer: Signs with a salt of its own, see `SignedHiddenField`.
        ask: Returns a question and its answer; case and space around the answer do not matter.
        max_seconds: An older question does not count.
        spend: Is told each token that was answered right and returns False if it was told before, so that one answer opens one
            door only: ``lambda token: cache.add(token, b"", 3600)``. Without it an answer can be used again until it is too old.
        clock: Returns seconds since 1970.
    """

    def __init__(
        self,
        *,
        signer: ValueSigner,
        ask: Callable[[], tuple[Message, str]] = sum_question,
        max_seconds: float = 3600.0,
        spend: Callable[[str], bool] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.signer, self.ask, self.max_seconds, self.spend, self.clock = signer, ask, max_seconds, spend, clock

    def challenge(self) -> Challenge:
        """Return a new question. Its token holds the signature of the answer, and not the answer."""
        question, answer = self.ask()
        head = f"{int(self.clock()):x}.{secrets.token_urlsafe(16)}"
        value = f"{head}.{_folded(answer)}"
        return Challenge(head + self.signer.sign(value)[len(value) :], question)

    def check(self, token: str, answer: str) -> bool:
        """Tell whether it is the right answer to a question that was asked here not long ago."""
        parts = _TOKEN.fullmatch(token)
        if parts is None or not 0 <= self.clock() - int(parts["time"], 16) + 1 <= self.max_seconds + 1:
            return False
        try:
            self.signer.unsign(f"{parts['head']}.{_folded(answer)}{parts['signature']}")
        except ValueError:
            return False
        return self.spend is None or self.spend(parts["head"])


_TOKEN = re.compile(r"(?P<head>(?P<time>[0-9a-f]{1,12})\.[A-Za-z0-9_-]{22})(?P<signature>[^.\s]{1,256})")


def _folded(answer: str) -> str:
    return answer.strip().casefold()


def _text(data: FormData, name: str, longest: int) -> str:
    value = one_value(data, name)
    return value if isinstance(value, str) and len(value) <= longest else ""
