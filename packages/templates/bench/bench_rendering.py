"""Four pages in partita, Jinja2, Django and hand-written Python; compile time and the disk cache; as Markdown tables of ratios.

Jinja2 and what is written by hand give plain text, so that is what they are compared with (`Template.render_text`). Django marks
its output as safe, which is a copy of it, and is compared with `Engine.render`, which does so too.
"""

import gc
import sys
import tempfile
import time
from collections.abc import Callable

import django
import django.template
import jinja2
from django.conf import settings
from markupsafe import escape

from partita.templates import DiskBytecode, Engine

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
TEXTS = "{% for t in texts %}<h2>{{ t.title }}</h2><pre>{{ t.body }}</pre><p>{{ t.title|lower }}</p>{% endfor %}"
TEMPLATES = {"table": TABLE, "records": RECORDS, "base.html": BASE, "page": PAGE, "tags.html": TAGS, "texts": TEXTS}
LONG = "".join(
    f"<div id='d{n}'>\n  {{% if a{n} %}}\n    <p>{{{{ b{n}.title|upper }}}}</p>\n  {{% else %}}\n    {{% for x in xs{n} %}}\n"
    f"      <li class='{{{{ x.kind }}}}'>{{{{ x.name|default:'none' }}}}</li>\n    {{% endfor %}}\n  {{% endif %}}\n</div>\n"
    for n in range(20)
)
"""200 lines."""
PROSE = 'Tom & Jerry <said> that it\'s all "fine", and that is the end of a sentence with some more words & <b>marks</b> in it.\n'


class Artist:
    def __init__(self, name: str) -> None:
        self.name = name


class Album:
    def __init__(self, number: int) -> None:
        self.title, self.price, self.kind = f"Album <{number}>", number % 3, "lp"
        self.artist = Artist(f"Artist & {number}")


CONTEXTS: dict[str, dict[str, object]] = {
    "table": {"table": [[f"cell {row} {column}" for column in range(10)] for row in range(1000)]},
    "records": {"albums": [Album(number) for number in range(500)]},
    "page": {
        "title": "News & more",
        "site": "example.org",
        "menu": [{"url": f"/{n}/", "name": f"Item {n}"} for n in range(8)],
        "entries": [
            {"title": f"Entry {n}", "draft": n % 4 == 0, "text": "Some text with <markup> & more. " * 4,
             "tags": ["red", "green", "blue"]}
            for n in range(50)
        ],
    },
    "texts": {
        "texts": [{"title": f"Text <{n}> & \"more\"", "body": PROSE * 20} for n in range(50)]
    },
}  # fmt: skip


def by_hand(name: str) -> Callable[[dict[str, object]], str]:
    """Return a function that somebody who knows Python would write in place of a template."""

    def table(names: dict[str, object]) -> str:
        rows: list[list[str]] = names["table"]  # type: ignore[assignment] # the context above
        out = ["<table>"]
        for row in rows:
            out.append("<tr>")
            out.extend([f"<td>{escape(cell)}</td>" for cell in row])
            out.append("</tr>\n")
        return "".join([*out, "</table>"])

    def records(names: dict[str, object]) -> str:
        albums: list[Album] = names["albums"]  # type: ignore[assignment] # the context above
        out = ["<ul>"]
        for a in albums:
            out.append(f"<li class='{escape(a.kind)}'><b>{escape(a.title)}</b> by {escape(a.artist.name)}")
            if a.price:
                out.append(f" for {escape(a.price)}")
            out.append("</li>")
        return "".join([*out, "</ul>"])

    def page(names: dict[str, object]) -> str:
        entries: list[dict[str, str]] = names["entries"]  # type: ignore[assignment] # the context above
        menu: list[dict[str, str]] = names["menu"]  # type: ignore[assignment] # the context above
        title = names["title"]
        out = [f"<html><head><title>{escape(title)}</title></head><body><nav>"]
        out.extend([f"<a href='{escape(item['url'])}'>{escape(item['name'])}</a>" for item in menu])
        out.append(f"</nav><h1>{escape(str(title).upper())}</h1>")
        for entry in entries:
            out.append(f"<article><h2>{escape(entry['title'])}</h2>")
            out.append("<i>draft</i>" if entry["draft"] else f"<p>{escape(entry['text'])}</p>")
            out.extend([f"<span>{escape(tag)}</span>" for tag in entry["tags"]])
            out.append("</article>")
        return "".join([*out, f"<footer>(c) {escape(names['site'])}</footer></body></html>"])

    def texts(names: dict[str, object]) -> str:
        found: list[dict[str, str]] = names["texts"]  # type: ignore[assignment] # the context above
        return "".join([
            f"<h2>{escape(t['title'])}</h2><pre>{escape(t['body'])}</pre><p>{escape(t['title'].lower())}</p>" for t in found
        ])  # fmt: skip

    return {"table": table, "records": records, "page": page, "texts": texts}[name]


def in_turns(*functions: Callable[[], object], rounds: int = 8) -> list[float]:
    """Return the shortest time of one call of each, in microseconds, measured by turns: a busy machine slows all of them down."""
    times = [[best(function, 0.3) for function in functions] for _ in range(rounds)]
    return [min(column) for column in zip(*times, strict=True)]


def best(function: Callable[[], object], seconds: float = 2.0) -> float:
    """Return the shortest time of one call, in microseconds, with garbage collected between calls as `timeit` does."""
    shortest = float("inf")
    end = time.perf_counter() + seconds
    gc.disable()
    while time.perf_counter() < end:
        for _ in range(20):
            start = time.perf_counter()
            function()
            shortest = min(shortest, time.perf_counter() - start)
        gc.collect()
    gc.enable()
    return shortest * 1e6


def same(first: str, second: str) -> bool:
    """Whether two outputs differ in nothing but how quotes are escaped."""
    plain = [str.__str__(text).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") for text in (first, second)]
    return plain[0] == plain[1]


def rendering() -> None:
    """Measure the pages, check that the outputs agree, print ratios."""
    ours = Engine(templates=TEMPLATES)
    jinja = jinja2.Environment(loader=jinja2.DictLoader(TEMPLATES), autoescape=True)
    jinja.filters["default"] = jinja.filters["d"]
    theirs = django.template.Engine(loaders=[("django.template.loaders.cached.Loader",
                                              [("django.template.loaders.locmem.Loader", TEMPLATES)])])  # fmt: skip
    sys.stdout.write(
        "| page | partita, us | times as fast as Jinja2 | times as fast as Django | times as fast as by hand |\n"
        "|---|---:|---:|---:|---:|\n"
    )
    for name, context in CONTEXTS.items():
        page, source, written = jinja.get_template(name), theirs.get_template(name), by_hand(name)
        shown = ours.render(name, context)
        assert shown == source.render(django.template.Context(context))
        assert same(shown, written(context))
        assert same(shown, page.render(context))
        marked, plain, by_jinja, by_django, by_author = in_turns(
            lambda name=name, context=context: ours.render(name, context),
            lambda name=name, context=context: ours.get_template(name).render_text(context),
            lambda page=page, context=context: page.render(context),
            lambda source=source, context=context: source.render(django.template.Context(context)),
            lambda written=written, context=context: written(context),
        )
        ratios = by_jinja / plain, by_django / marked, by_author / plain
        sys.stdout.write(f"| {name} | {plain:.0f} | {' | '.join(f'{ratio:.2f}' for ratio in ratios)} |\n")


def compiling() -> None:
    """Measure what a template of 200 lines costs before it is first shown."""
    environment = jinja2.Environment(autoescape=True)
    jinja_source = LONG.replace("default:'none'", "default('none')")
    own, bare, other = in_turns(
        lambda: Engine(templates={"a": LONG}).get_template("a").unit(True, False),
        lambda: Engine(templates={"a": ""}).get_template("a").unit(True, False),
        lambda: environment.from_string(jinja_source),
    )
    sys.stdout.write("\n| 200 lines | partita, us | Jinja2, us | times as fast |\n|---|---:|---:|---:|\n")
    sys.stdout.write(f"| compiled | {own - bare:.0f} | {other:.0f} | {other / (own - bare):.2f} |\n")
    with tempfile.TemporaryDirectory() as folder:
        cache = DiskBytecode(folder)
        Engine(templates={"a": LONG}, bytecode=cache).get_template("a").unit(True, False)
        (kept,) = in_turns(lambda: Engine(templates={"a": LONG}, bytecode=cache).get_template("a").unit(True, False))
    sys.stdout.write(f"| from the disk cache | {kept - bare:.0f} | | |\n")


if __name__ == "__main__":
    settings.configure(USE_I18N=False, USE_TZ=False)
    django.setup()
    rendering()
    compiling()
