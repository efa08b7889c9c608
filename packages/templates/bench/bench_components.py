"""A page of 1 000 uses of a component beside the same markup written out, and beside an include for each."""

import sys

from bench_rendering import best

from partita.templates import Engine

CARD = (
    '{% props title: str, artist: str, year: int = 2000, tone: "info" | "warning" = "info" %}'
    '<article class="card {{ tone }}"><h3>{{ title }}</h3><p>{{ artist }}, {{ year }}</p>'
    "{% slot %}{% endslot %}</article>\n"
)
WRITTEN = '<article class="card info"><h3>{{ a.title }}</h3><p>{{ a.artist }}, {{ a.year }}</p><b>{{ a.price }}</b></article>\n'
INCLUDED = (
    '<article class="card info"><h3>{{ title }}</h3><p>{{ artist }}, {{ year }}</p><b>{{ a.price }}</b></article>\n'
)
PAGES = {
    "components": "{% for a in albums %}{% component 'card' title=a.title artist=a.artist year=a.year %}"
    "<b>{{ a.price }}</b>{% endcomponent %}{% endfor %}",
    "written": "{% for a in albums %}" + WRITTEN + "{% endfor %}",
    "includes": "{% for a in albums %}{% include 'card' with title=a.title artist=a.artist year=a.year %}{% endfor %}",
}


def main() -> None:
    """Measure, check that the outputs agree, print ratios."""
    engine = Engine(templates={"components/card.html": CARD, "card": INCLUDED, **PAGES})
    albums = [
        {"title": f"Album <{number}>", "artist": f"Artist & {number}", "year": 1970 + number % 50, "price": number % 20}
        for number in range(1000)
    ]
    outputs = {name: engine.render(name, {"albums": albums}) for name in PAGES}
    assert len(set(outputs.values())) == 1
    times = {name: best(lambda name=name: engine.render(name, {"albums": albums}), 1.5) for name in PAGES}
    sys.stdout.write("| page of 1 000 cards | us | times as long as written out |\n|---|---:|---:|\n")
    for name, took in times.items():
        sys.stdout.write(f"| {name} | {took:.0f} | {took / times['written']:.2f} |\n")


if __name__ == "__main__":
    main()
