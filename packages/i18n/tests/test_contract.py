"""Translators keep the contract."""

from partita.contracts.i18n import Translator
from partita.contracts.testing.i18n import TranslatorContract
from partita.i18n import Catalogue, MessageTranslator


class TestMessageTranslator(TranslatorContract):
    def make(self, messages: dict[str, str]) -> Translator:
        return MessageTranslator("de", [Catalogue({(None, english): (text,) for english, text in messages.items()})])
