"""The tag libraries i18n, l10n and tz."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.i18n import Translations, override
from partita.templates import Engine, Markup, Template, TemplateSyntaxError

LIBRARIES = {
    "i18n": "partita.i18n.templatetags",
    "l10n": "partita.i18n.localization_tags",
    "tz": "partita.i18n.zone_tags",
}


def template(source: str) -> Template:
    return Engine(libraries=LIBRARIES).from_string("{% load i18n l10n tz %}" + source)


def german(locale_dir: Path, source: str, **names: Any) -> str:
    with Translations([locale_dir], ["de", "ar"]).use("de"):
        shown = template(source).render(names)
        assert "".join(template(source).stream(names)) == shown
        assert asyncio.run(template(source).arender(names)) == shown
        return str(shown)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{% translate 'Cart' %}{% trans \"Cart\" %}{% trans 'Cart' noop %}{% trans 'Absent' %}", "WarenkorbWarenkorbCartAbsent"),
        ("{% trans 'Open' context 'verb' %}{% trans 'Open' context 'state' as o %}{{ o }}{% trans 'Open' %}", "ÖffnenOffenOpen"),
        ("{% trans word %}{% trans 'Cart'|upper %}{{ _('Cart') }}{{ word|default:_('Cart') }}{% if _('Cart') == 'Warenkorb' %}!{% endif %}", "WarenkorbWARENKORBWarenkorbCart!"),
        ("{% trans '100% of <b>' %}{% trans evil %}", "100% von <b>&lt;i&gt;"),
        ("{% for w in words %}{% trans w %},{% endfor %}", "Warenkorb,x,"),
        ("{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}", "Hallo A&amp;B"),
        ("{% blocktrans with name=evil %}Hello {{ name }}{% endblocktrans %}", "Hallo &lt;i&gt;"),
        ("{% blocktrans with word as name and evil as x %}Hello {{ name }}{% endblocktrans %}", "Hallo Cart"),
        ("{% autoescape off %}{% blocktrans %}Hello {{ name }}{% endblocktrans %}{% endautoescape %}", "Hallo A&B"),
        ("{% blocktrans count n=one %}{{ n }} track{% plural %}{{ n }} tracks{% endblocktrans %}", "1 Stück"),
        ("{% blocktrans count n=two %}{{ n }} track{% plural %}{{ n }} tracks{% endblocktrans %}", "2 Stücke"),
        ("{% blocktrans count n=two context 'rail' %}{{ n }} track{% plural %}{{ n }} tracks{% endblocktrans %}", "2 Gleise"),
        ("{% blocktrans count n=words|length asvar x %}{{ n }} track{% plural %}{{ n }} tracks{% endblocktrans %}[{{ x }}]", "[2 Stücke]"),
        ("{% blocktrans %}Broken {{ name }}{% endblocktrans %}", "Broken A&amp;B"),
        ("{% blocktrans trimmed %}\n  two lines\n  joined\n{% endblocktrans %}", "zwei Zeilen"),
        ("{% blocktrans trimmed %}\n  two lines\n\n \t \n  joined  \n{% endblocktrans %}", "zwei Zeilen"),
        ("{% blocktrans %}100% {{ missing }}|{% endblocktrans %}", "100% |"),
        ("{% language 'en' %}{% trans 'Cart' %}{{ 1.5 }}{% endlanguage %}{% trans 'Cart' %}{{ 1.5 }}", "Cart1.5Warenkorb1,5"),
        ("{% get_current_language as l %}{{ l }}{% get_current_language_bidi as b %}{{ b }}{% language 'ar' %}{% get_current_language_bidi as b %}{{ b }}{% endlanguage %}", "deFalseTrue"),
        ("{% get_available_languages as ls %}{% for code, name in ls %}{{ code }}={{ name }},{% endfor %}", "de=Deutsch,ar=Arabisch,en=Englisch,"),
        ("{% get_language_info for 'ar' as l %}{{ l.code }}{{ l.name }}{{ l.name_local }}{{ l.bidi }}{{ l.name_translated }}", "arArabicالعربيةTrueArabisch"),
        ("{% get_language_info_list for codes as ls %}{% for l in ls %}{{ l.name }},{% endfor %}", "French,Italian,"),
        ("{{ 'fr'|language_name }}{{ 'fr'|language_name_local }}{{ 'fr'|language_name_translated }}{{ 'he'|language_bidi }}", "FrenchfrançaisFranzösischTrue"),
        ("{{ 1.5 }}{% localize off %}{{ 1.5 }}{% endlocalize %}{{ 1.5|unlocalize }}{{ 1.5|localize }}{{ 1234.5|floatformat:'1g' }}", "1,51.51.51,51.234,5"),
        ("{{ noon|date:'j. F Y' }}|{{ noon }}", "1. Juli 2026|1. Juli 2026, 12:00"),
    ],
)  # fmt: skip
def test_tags_speak_the_language(locale_dir: Path, source: str, shown: str) -> None:
    names = {"word": "Cart", "evil": "<i>", "name": "A&B", "one": 1, "two": 2, "words": ["Cart", "x"], "codes": ["fr", "it"],
             "noon": datetime(2026, 7, 1, 12, tzinfo=UTC)}  # fmt: skip
    assert german(locale_dir, source, **names) == shown


class Application:
    """Asked for settings."""

    def __init__(self, use_tz: bool) -> None:
        self.known = {TIME_ZONE: "Africa/Nairobi", USE_TZ: use_tz}

    def find(self, key: Any) -> Any:
        return self.known.get(key)


@pytest.mark.parametrize("use_tz", [True, False])
def test_a_naive_time_is_the_applications_where_a_zone_is_asked_for(use_tz: bool) -> None:
    shown = ("{{ t|localtime|date:'H O' }},{{ t|utc|date:'H O' }},{{ t|timezone:'Asia/Tokyo'|date:'H O' }},{{ t|date:'H' }},"
             "{{ aware|date:'H' }},{% localtime on %}{{ aware|date:'H' }}{% endlocaltime %},"
             "{% timezone 'Asia/Tokyo' %}{% timezone nobody %}{{ aware|date:'H' }}{% endtimezone %}{% endtimezone %}")  # fmt: skip
    names = {"t": datetime(2026, 7, 1, 12), "aware": datetime(2026, 7, 1, 12, tzinfo=UTC), "nobody": None}  # noqa: DTZ001 - as above
    token = CURRENT.set(Application(use_tz))  # type: ignore[arg-type]  # as far as it is asked
    try:
        found = template(shown).render(names)
    finally:
        CURRENT.reset(token)
    plain = "15" if use_tz else "12"
    assert found == f"12 +0300,09 +0000,18 +0900,12,{plain},15,15"


def test_zones_move_times(locale_dir: Path) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    source = ("{{ t|date:'H' }},{{ t|timezone:'Asia/Tokyo'|date:'H' }},{% timezone 'Europe/Berlin' %}{{ t|date:'H' }},{{ t|utc|date:'H' }},"
              "{% get_current_timezone as z %}{{ z }},{{ t|localtime|date:'H' }}{% localtime off %}{{ t|date:'H' }}{% endlocaltime %}{% endtimezone %}"
              "{{ 'x'|localtime }}{{ t|timezone:'No/Where' }}{{ t|timezone:'../../etc/passwd' }}")  # fmt: skip
    assert template(source).render({"t": noon}) == "12,21,14,12,Europe/Berlin,1412"


def test_times_kept_as_they_are_can_be_moved_one_by_one() -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    inner = "{{ t|date:'H' }},{{ t|localtime|date:'H' }},{% localtime on %}{{ t|date:'H' }}{% endlocaltime %}"
    kept = f"{{% localtime off %}}{inner}{{% localtime off %}},{inner}{{% endlocaltime %}}{{% endlocaltime %}}"
    source = f"{{% timezone 'Europe/Berlin' %}}{kept},{{{{ t|date:'H' }}}}{{% endtimezone %}}"
    assert template(source).render({"t": noon}) == "12,14,14,12,14,14,14"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("{% trans %}", "takes at least one argument"),
        ("{% trans 'a' as %}", "No argument provided to the 'trans' tag for the as option."),
        ("{% trans 'a' noop noop %}", "specified more than once"),
        ("{% blocktrans %}{% if a %}{% endif %}{% endblocktrans %}", "Expected text, variables or {% plural %}"),
        ("{% blocktrans %}{{ a|upper }}{% endblocktrans %}", "expected a plain variable"),
        ("{% blocktrans count n=1 %}x{% endblocktrans %}", "expected {% plural %}"),
        ("{% blocktrans %}x{% plural %}y{% endblocktrans %}", "no 'count name=value'"),
        (
            "{% blocktrans nope %}x{% endblocktrans %}",
            "Unknown argument for 'blocktrans' tag: 'nope'. Expected with, count",
        ),
        (
            "{% blocktrans count a=1 b=2 %}x{% plural %}{% endblocktrans %}",
            "exactly one keyword argument. Write it as name=value",
        ),
        ("{% blocktrans %}", "is not closed"),
        ("{% language %}{% endlanguage %}", "takes one argument (language)"),
        ("{% get_current_language %}", "requires 'as variable'"),
        (
            "{% blocktrans context %}x{% endblocktrans %}",
            "No argument provided to the 'blocktrans' tag for the context option.",
        ),
        ("{% blocktrans with a=1 with b=2 %}x{% endblocktrans %}", "The 'with' option was specified more than once."),
        ("{% blocktrans %}{% if a %}{% endblocktrans %}", "doesn't allow other block tags (seen 'if a') inside it"),
        ("{% trans 'a' context noop %}", "Invalid argument 'noop' provided to the 'trans' tag for the context option"),
        ("{% localize maybe %}{% endlocalize %}", "'on' or 'off'"),
        ("{% timezone %}{% endtimezone %}", "takes one zone"),
    ],
)
def test_a_mistake_is_refused(source: str, said: str) -> None:
    with pytest.raises(TemplateSyntaxError) as caught:
        template(source)
    assert said in str(caught.value)


def test_counting_with_text_is_refused() -> None:
    with pytest.raises(TemplateSyntaxError, match=r"'n' argument to 'blocktrans' tag must be a number\. It is Markup"):
        template("{% blocktrans count n='x' %}a{% plural %}b{% endblocktrans %}").render()


def test_safe_messages_stay_safe_and_others_are_escaped() -> None:
    with override("de"):
        assert (
            template("{% trans a %}{% trans b %}{% trans '<b>' %}").render({"a": "<a>", "b": Markup("<i>")})
            == "&lt;a&gt;<i><b>"
        )


def test_a_time_stored_in_utc_is_shown_in_the_zone_of_who_looks_across_the_change_of_clocks() -> None:
    from datetime import UTC, datetime, timedelta

    from partita.text import timezone

    template = Engine().from_string('{{ moment|date:"H:i O" }}')
    moment = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    with timezone.override("Europe/Berlin"):
        shown = [template.render({"moment": moment + timedelta(hours=hours)}) for hours in range(3)]
    assert shown == ["02:30 +0200", "02:30 +0100", "03:30 +0100"]
    with timezone.override("America/New_York"):
        assert template.render({"moment": moment}) == "20:30 -0400"
