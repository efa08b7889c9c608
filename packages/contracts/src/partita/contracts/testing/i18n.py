"""Tests that every `Translator` must pass."""

from abc import abstractmethod

from partita.contracts.i18n import TRANSLATOR, Translator, gettext, gettext_lazy, ngettext

__all__ = ("TranslatorContract",)


class TranslatorContract:
    """Inherit this and define `make`."""

    @abstractmethod
    def make(self, messages: dict[str, str]) -> Translator:
        """Return a German translator that knows ``messages``, translation by English text."""
        raise NotImplementedError

    def test_a_known_message_is_translated_and_an_unknown_one_is_kept(self) -> None:
        translator = self.make({"Cart": "Warenkorb"})
        assert translator.language == "de"
        assert translator.gettext("Cart") == "Warenkorb"
        assert translator.gettext("Unknown") == "Unknown"

    def test_lazy_text_follows_the_current_translator(self) -> None:
        lazy = gettext_lazy("Cart")
        token = TRANSLATOR.set(self.make({"Cart": "Warenkorb"}))
        try:
            assert str(lazy) == gettext("Cart") == "Warenkorb"
        finally:
            TRANSLATOR.reset(token)
        assert str(lazy) == "Cart"

    def test_an_unknown_plural_falls_back_to_the_forms_given(self) -> None:
        token = TRANSLATOR.set(self.make({}))
        try:
            assert ngettext("track", "tracks", 1) == "track"
            assert ngettext("track", "tracks", 2) == "tracks"
        finally:
            TRANSLATOR.reset(token)
