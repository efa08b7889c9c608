"""Texts for people are English without a translator, and follow the one that is current."""

import copy
import pickle

import pytest

from partita.contracts.i18n import TRANSLATOR, LazyText, gettext, gettext_lazy, ngettext, pgettext
from partita.contracts.testing.i18n import TranslatorContract


class Dictionary:
    """The smallest translator: a dictionary."""

    language = "de"

    def __init__(self, messages: dict[str, str]) -> None:
        self._messages = messages

    def gettext(self, message: str) -> str:
        return self._messages.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return self.gettext(singular if number == 1 else plural)

    def pgettext(self, context: str, message: str) -> str:
        return self._messages.get(f"{context}|{message}", message)


class TestDictionary(TranslatorContract):
    def make(self, messages: dict[str, str]) -> Dictionary:
        return Dictionary(messages)


def test_without_a_translator_texts_stay_as_they_are() -> None:
    assert gettext("Cart") == "Cart"
    assert pgettext("month", "May") == "May"
    assert [ngettext("track", "tracks", number) for number in (0, 1, 2)] == ["tracks", "track", "tracks"]


def test_a_context_tells_two_meanings_apart() -> None:
    token = TRANSLATOR.set(Dictionary({"month|May": "Mai", "May": "Darf"}))
    try:
        assert (pgettext("month", "May"), gettext("May")) == ("Mai", "Darf")
    finally:
        TRANSLATOR.reset(token)


def test_lazy_text_behaves_as_its_text() -> None:
    lazy = gettext_lazy("at most %(limit)s")
    assert lazy % {"limit": 3} == "at most 3"
    assert f"{lazy:>21}" == "    at most %(limit)s"
    assert lazy == "at most %(limit)s"
    assert lazy == gettext_lazy("at most %(limit)s")
    assert hash(lazy) == hash("at most %(limit)s")
    assert len(lazy) == 17
    assert "most" in lazy
    assert repr(lazy) == "LazyText('at most %(limit)s')"


def test_lazy_text_is_made_anew_each_time() -> None:
    texts = iter(["one", "two"])
    lazy = LazyText(lambda: next(texts))
    assert [str(lazy), str(lazy)] == ["one", "two"]


def test_an_error_with_lazy_text_survives_pickling() -> None:
    assert pickle.loads(pickle.dumps(ValueError(gettext_lazy("Cart")))).args == ("Cart",)


def test_lazy_text_has_the_methods_and_operators_of_text() -> None:
    lazy = gettext_lazy("cart")
    assert (lazy + "s", "my " + lazy, lazy + lazy) == ("carts", "my cart", "cartcart")
    assert (lazy * 2, 2 * lazy, lazy[1], lazy[1:3]) == ("cartcart", "cartcart", "a", "ar")
    assert list(lazy) == ["c", "a", "r", "t"]
    assert sorted([gettext_lazy("b"), gettext_lazy("a")]) == ["a", "b"]
    assert getattr(lazy, "upper")() == "CART"  # noqa: B009 - its type is not known
    with pytest.raises(TypeError):
        lazy + 1


def test_a_copy_of_lazy_text_still_follows_the_language() -> None:
    lazy = gettext_lazy("Cart")
    copies = [copy.copy(lazy), copy.deepcopy({"label": lazy})["label"]]
    token = TRANSLATOR.set(Dictionary({"Cart": "Warenkorb"}))
    try:
        assert copies == ["Warenkorb", "Warenkorb"]
    finally:
        TRANSLATOR.reset(token)


def test_lazy_text_is_not_made_to_look_for_a_protocol() -> None:
    def fail() -> str:
        raise AssertionError("the text was made")

    assert not hasattr(LazyText(fail), "__name__")
    assert not hasattr(LazyText(lambda: "<b>"), "__html__")
