"""A table, and a page that inherits, in partita, Jinja2 and Django; as a Markdown table of ratios."""

import sys
import time
from collections.abc import Callable

import django
import django.template
import jinja2
from django.conf import settings

from partita.templates import Engine

TABLE = (
    "<table>{% for row in table %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>\n{% endfor %}</table>"
)
RECORDS = (
    "<ul>{% for a in albums %}<li class='{{ a.kind }}'><b>{{ a.title }}</b> by {{ a.artist.name }}"
    "{% if a.price %} for {{ a.price }}{% endif %}</li>{% endfor %}</ul>"
)
BASE = (
    "<html><head><title>{% block title %}Site{% endblock %}</title></head><body><nav>{% for item in menu %}"
    "<a href='{{ item.url }}'>{{ item.name }}</a>{% endfor %}</nav>{% block content %}{% endblock %}"
    "<footer>{% block footer %}(c) {{ site }}{% endblock %}</footer></body></html>"
)
PAGE = (
    "{% extends 'base.html' %}{% block title %}{{ title }}{% endblock %}{% block content %}<h1>{{ title|upper }}</h1>"
    "{% for entry in entries %}<article><h2>{{ entry.title }}</h2>{% if entry.draft %}<i>draft</i>{% else %}"
    "<p>{{ entry.text }}</p>{% endif %}{% include 'tags.html' %}</article>{% endfor %}{% endblock %}"
)
TAGS = "{% for tag in entry.tags %}<span>{{ tag }}</span>{% endfor %}"
TEMPLATES = {"table": TABLE, "records": RECORDS, "base.html": BASE, "page": PAGE, "tags.html": TAGS}


class Artist:
    def __init__(self, name: str) -> None:
        self.name = name


class Album:
    def __init__(self, number: int) -> None:
        self.title, self.price, self.kind = f"Album <{number}>", number % 3, "lp"
        self.artist = Artist(f"Artist & {number}")


CONTEXTS: dict[str, dict[str, object]] = {
    "table": {"table": [[f"cell {row} {column}" for column in range(10)] for row in range(200)]},
    "records": {"albums": [Album(number) for number in range(500)]},
    "page": {
        "title": "News & more",
        "site": "example.org",
        "menu": [{"url": f"/{n}/", "name": f"Item {n}"} for n in range(8)],
        "entries": [
            {"title": f"Entry {n}", "draft": n % 4 == 0, "text": "Some text with <markup> & more. " * 4,
             "tags": ["red", "green", "blue"]}
            for n in range(20)
        ],
    },
}  # fmt: skip


def best(function: Callable[[], object], seconds: float = 0.7) -> float:
    """Return the shortest time of one call, in microseconds."""
    shortest = float("inf")
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        start = time.perf_counter()
        function()
        shortest = min(shortest, time.perf_counter() - start)
    return shortest * 1e6


def main() -> None:
    """Measure, check that the outputs agree, print ratios."""
    settings.configure(USE_I18N=False, USE_TZ=False)
    django.setup()
    ours = Engine(templates=TEMPLATES)
    jinja = jinja2.Environment(loader=jinja2.DictLoader(TEMPLATES), autoescape=True)
    theirs = django.template.Engine(loaders=[("django.template.loaders.cached.Loader",
                                              [("django.template.loaders.locmem.Loader", TEMPLATES)])])  # fmt: skip
    sys.stdout.write(
        "| page | partita, us | times as fast as Jinja2 | times as fast as Django |\n|---|---:|---:|---:|\n"
    )
    for name, context in CONTEXTS.items():
        page = jinja.get_template(name)
        source = theirs.get_template(name)
        assert ours.render(name, context) == source.render(django.template.Context(context))
        times = [
            best(lambda name=name, context=context: ours.render(name, context)),
            best(lambda page=page, context=context: page.render(context)),
            best(lambda source=source, context=context: source.render(django.template.Context(context))),
        ]
        sys.stdout.write(f"| {name} | {times[0]:.0f} | {times[1] / times[0]:.2f} | {times[2] / times[0]:.2f} |\n")


if __name__ == "__main__":
    main()
