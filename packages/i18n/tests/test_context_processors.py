"""Languages and time zone in templates without a tag."""

from pathlib import Path
from zoneinfo import ZoneInfo

from partita.i18n import Translations
from partita.i18n.context_processors import i18n, tz
from partita.templates import Engine
from partita.text import timezone

SOURCE = "{{ LANGUAGE_CODE }} {{ LANGUAGE_BIDI }} {{ TIME_ZONE }} {% for tag, name in LANGUAGES %}{{ tag }}={{ name }};{% endfor %}"


def test_templates_have_language_direction_languages_and_zone(locale_dir: Path) -> None:
    template = Engine(context_processors=[i18n, tz]).from_string(SOURCE)
    assert template.render({}, object()) == "en False UTC en=English;"
    translations = Translations([locale_dir], ["de", "ar"], names={"de": "Deutsch"})
    with translations.use("ar"), timezone.override(ZoneInfo("Asia/Riyadh")):
        assert template.render({}, object()) == "ar True Asia/Riyadh de=Deutsch;ar=Arabic;en=English;"
