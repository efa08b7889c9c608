"""Context processors that give templates the language and the time zone in force."""

from collections.abc import Mapping

from partita.i18n.switching import get_language, get_language_bidi
from partita.i18n.translations import current_translations
from partita.text.formats import current_zone

__all__ = ("i18n", "tz")


def i18n(request: object) -> Mapping[str, object]:
    """Give ``LANGUAGES`` (pairs of tag and name), ``LANGUAGE_CODE`` and ``LANGUAGE_BIDI``; the pairs are made if they are shown."""
    return {
        "LANGUAGES": _languages,
        "LANGUAGE_CODE": get_language() or "en",
        "LANGUAGE_BIDI": get_language_bidi(),
    }


def tz(request: object) -> Mapping[str, object]:
    """Give ``TIME_ZONE``, the name of the zone in which times are shown."""
    return {"TIME_ZONE": str(current_zone() or "UTC")}


def _languages() -> list[tuple[str, str]]:
    from partita.i18n.languages import language_info

    translations = current_translations()
    if translations is None:
        return [("en", "English")]
    return [(tag, translations.names.get(tag) or language_info(tag, "en").name) for tag in translations.languages]
