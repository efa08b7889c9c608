"""The tag library ``humanize``."""

from datetime import UTC, datetime

from partita.contracts.templates import TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.templates import Engine
from partita.templates.integration import setup


def test_filters_of_humanize_are_there_in_every_application() -> None:
    app = SimpleRegistrar()
    setup(app)
    engine = app.require(TEMPLATES)
    assert isinstance(engine, Engine)
    source = "{% load humanize %}{{ n|intcomma }}|{{ n|intword }}|{{ 3|ordinal }}|{{ 3|apnumber }}|{{ t|naturaltime }}|{{ x|intcomma }}"
    shown = engine.from_string(source).render({"n": 1234567, "t": datetime(1990, 1, 1, tzinfo=UTC), "x": "<b>"})
    before, ago, after = shown.partition(" ago")
    assert before.startswith("1,234,567|1.2 million|3rd|three|")
    assert (ago, after) == (" ago", "|&lt;b&gt;")
    day = engine.from_string("{% load humanize %}{{ t|naturalday }}").render({"t": datetime(1990, 1, 1, tzinfo=UTC)})
    assert day == "Jan. 1, 1990"
