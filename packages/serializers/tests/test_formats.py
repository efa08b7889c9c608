"""Texts in the formats, well made and hostile."""

import io
import json
import tracemalloc
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, TextIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita import serializers
from partita.orm import Database
from partita.serializers.formats import base

TEXT_FORMATS = ("json", "jsonl", "xml", "yaml")
formats = serializers.Formats()


def read(format: str, text: str | bytes) -> list[Any]:
    stream: Any = io.StringIO(text) if isinstance(text, str) else io.TextIOWrapper(io.BytesIO(text), "utf-8")
    return list(formats.get(format).read(stream))


@pytest.mark.parametrize("format", TEXT_FORMATS)
@given(text=st.text() | st.text('[]{}:,"-&*!<>/ \n1einltrufas.', max_size=60))
def test_nothing_but_the_documented_error_escapes(format: str, text: str) -> None:
    with suppress(serializers.FormatSyntaxError):
        assert all(isinstance(found, dict) for found in read(format, text))


@pytest.mark.parametrize("format", TEXT_FORMATS)
@given(st.data())
def test_a_text_cut_anywhere_is_refused_or_shorter(library: SimpleNamespace, format: str, data: st.DataObject) -> None:
    rows = [library.Author(pk=number, name=f"a{number}\u00fc<") for number in range(3)]
    whole = serializers.dump(rows, format, indent=2)
    cut = whole[: data.draw(st.integers(0, len(whole) - 1))]
    try:
        assert len(read(format, cut)) <= 3
    except serializers.FormatSyntaxError:
        assert format != "jsonl" or not cut.endswith("\n")


class Trickle(io.StringIO):
    """Gives a character at a time."""

    def read(self, size: int | None = -1) -> str:
        return super().read(1 if size else 0)


@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_it_does_not_matter_how_a_text_is_cut_into_pieces(library: SimpleNamespace, format: str) -> None:
    rows = [library.Author(pk=number, name='\\u00e4 "quoted" ]},{[') for number in range(4)]
    text = serializers.dump(rows, format)
    assert list(formats.get(format).read(Trickle(text))) == read(format, text)
    assert len(read(format, text)) == 4


@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_no_rows_are_a_text_too(format: str) -> None:
    assert read(format, serializers.dump([], format)) == []
    assert read(format, serializers.dump([], format, indent=2)) == []


DEEP = 100_000
HOSTILE = [
    ("json", "[" * DEEP),
    ("json", "[" + '{"a":' * DEEP),
    ("json", "[" + '{"a":' * 300 + "1" + "}" * 300 + "]"),
    ("json", '[{"pk": ' + "9" * 100_000 + "}]"),
    ("json", '[{"pk": 1}] {"pk": 2}'),
    ("json", '[{"pk": 1} {"pk": 2}]'),
    ("json", '{"pk": 1}'),
    ("json", '[{"pk": 1}, ]'),
    ("json", "[1]"),
    ("json", ""),
    ("jsonl", '{"a":' * DEEP),
    ("jsonl", '{"a":' * 300 + "1" + "}" * 300),
    ("jsonl", '{"pk": ' + "9" * 100_000 + "}"),
    ("jsonl", "[1]"),
    ("yaml", "- {a: " * 1000),
    ("yaml", "[" * DEEP),
    ("yaml", "- &a {pk: 1}\n- *a\n"),
    ("yaml", "- !!python/object/apply:os.system [id]\n"),
    ("yaml", "- pk: !!python/name:os.system ''\n"),
    ("yaml", "- pk: " + "9" * 100_000),
    ("yaml", "- pk: 2026-99-99\n"),
    ("yaml", "- 1\n"),
    ("yaml", "a: 1\n"),
    ("yaml", "- a: 1\n---\n- a: 1\n"),
    ("xml", "<a>" * DEEP),
    ("xml", '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><x>&b;</x>'),
    ("xml", '<!DOCTYPE x SYSTEM "file:///etc/passwd"><x/>'),
    ("xml", "<x><object><field/></object></x>"),
    ("xml", '<x><object><field name="a"><object pk="1"/></field></object></x>'),
    ("xml", '<x><object><field name="a" rel="ManyToManyRel"><object/></field></object></x>'),
    ("xml", "<x><y/></x>"),
    ("xml", "<x>&nothing;</x>"),
    ("xml", "\ud800"),
]


@pytest.mark.parametrize(("format", "text"), HOSTILE, ids=[f"{format}-{text[:24]}" for format, text in HOSTILE])
def test_hostile_texts_are_refused(format: str, text: str) -> None:
    with pytest.raises(serializers.FormatSyntaxError):
        read(format, text)


def test_a_bomb_of_entities_is_refused_before_it_grows() -> None:
    levels = "".join(f'<!ENTITY e{n + 1} "{f"&e{n};" * 10}">' for n in range(9))
    bomb = f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e0 "boom">{levels}]><x>&e9;</x>'
    tracemalloc.start()
    with pytest.raises(serializers.FormatSyntaxError, match="document types and entities are refused"):
        read("xml", bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**20


@pytest.mark.parametrize("format", TEXT_FORMATS)
def test_an_endless_object_is_refused_before_it_fills_the_memory(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    beginnings = {"json": '[{"a": "', "jsonl": '{"a": "', "yaml": '- a: "', "xml": '<x><object><field name="a">'}

    class Endless(io.StringIO):
        given = 0

        def read(self, size: int | None = -1) -> str:
            assert self.given < 4 * 2**20, "it is read on and on"
            piece = beginnings[format] if self.given == 0 else "a" * (size or 0)
            self.given += len(piece)
            return piece[: size or 0]

        def readline(self, size: int = -1) -> str:  # type: ignore[override]  # its argument has a name here
            return self.read(size)

    module: Any = type(formats.get(format)).__module__
    monkeypatch.setattr(f"{module}.LONGEST", 2**20)
    with pytest.raises((serializers.FormatSyntaxError, AssertionError)) as caught:
        list(formats.get(format).read(Endless()))
    # PyYAML takes in a scalar whole before it shows it: the stream itself has to end there.
    assert format == "yaml" or caught.type is serializers.FormatSyntaxError


def test_objects_below_the_limits_are_read() -> None:
    deep: Any = {}
    for _ in range(base.DEEPEST - 2):
        deep = {"a": deep}
    assert read("json", json.dumps([deep])) == [deep]
    long = [{"a": "x" * 300_000, "b": "\\" * 70_000}]
    assert read("json", json.dumps(long)) == long


def test_bytes_that_are_not_utf_8_are_refused(memory: Database) -> None:
    with pytest.raises(serializers.FormatSyntaxError, match="UTF-8"):
        serializers.load(b'[{"model": "\xff"}]')


@pytest.mark.parametrize("character", ["\x00", "\x0b", "\x1f", "\ufffe"])
def test_what_xml_cannot_say_is_named(library: SimpleNamespace, character: str) -> None:
    with pytest.raises(
        serializers.UnserializableContent, match=r"library\.Author\.name \(pk:1\) contains unserializable characters"
    ):
        serializers.dump([library.Author(pk=1, name=f"a{character}b")], "xml")


def test_what_json_cannot_say_is_named(library: SimpleNamespace) -> None:
    row = library.Sample(pk=3, document={"a": object()})
    with pytest.raises(serializers.UnserializableContent, match=r"library\.Sample \(pk:3\)"):
        serializers.dump([row], "json")


def test_the_form_of_json(library: SimpleNamespace) -> None:
    rows = [library.Author(pk=1, name="A"), library.Author(pk=2, name="ä")]
    first, second = (
        f'{{"model": "library.author", "pk": {key}, "fields": {{"name": "{name}"}}}}'
        for key, name in ((1, "A"), (2, "ä"))
    )
    assert serializers.dump(rows) == f"[{first}, {second}]\n"
    assert serializers.dump(rows, "jsonl") == f"{first}\n{second}\n"
    assert json.loads(serializers.dump(rows, indent=2)) == json.loads(serializers.dump(rows))
    assert serializers.dump(rows[:1], indent=2).startswith('[\n{\n  "model": "library.author",')


def test_the_form_of_xml(library: SimpleNamespace) -> None:
    text = serializers.dump([library.Hen(pk=1, name="<A>")], "xml", indent=2)
    assert text == (
        '<?xml version="1.0" encoding="utf-8"?>\n<django-objects version="1.0">\n'
        '  <object model="library.hen" pk="1">\n    <field name="name" type="CharField">&lt;A&gt;</field>\n'
        '    <field name="egg" rel="ManyToOneRel" to="library.egg"><None/></field>\n  </object>\n</django-objects>'
    )


class Lines:
    """A format of one's own: model, key and name, separated by tabs."""

    name = "tabs"
    extensions = ("tsv",)

    class Writer:
        def begin(self) -> str:
            return "# tabs\n"

        def write(self, record: serializers.Record) -> str:
            values = {field.name: value for field, value in record.values}
            return f"{record.label}\t{record.key}\t{values['name']}\n"

        def end(self) -> str:
            return ""

    def writer(self, indent: int | None = None) -> "Lines.Writer":
        return Lines.Writer()

    def read(self, stream: TextIO) -> Iterator[Mapping[str, object]]:
        for line in stream:
            if not line.startswith("#"):
                model, key, name = line.rstrip("\n").split("\t")
                yield {"model": model, "pk": serializers.Text(key), "fields": {"name": serializers.Text(name)}}


def test_a_format_of_ones_own_is_written_and_loaded(memory: Database, library: SimpleNamespace) -> None:
    own = serializers.Formats([Lines()])
    library.Author.objects.create(pk=5, name="Ursula")
    text = serializers.dump(library.Author.objects.all(), "tabs", formats=own)
    assert text == "# tabs\nlibrary.author\t5\tUrsula\n"
    library.Author.objects.all().delete()
    assert serializers.load(text, "tabs", formats=own) == 1
    assert library.Author.objects.get(pk=5).name == "Ursula"
    assert own.for_extension("tsv") == "tabs"
    own.unregister("tabs")
    with pytest.raises(serializers.UnknownFormat, match="json, jsonl, xml, yaml, python"):
        serializers.dump([], "tabs", formats=own)
    with pytest.raises(serializers.UnknownFormat):
        own.unregister("tabs")


def test_a_format_that_is_not_known_is_named_with_those_that_are() -> None:
    with pytest.raises(serializers.UnknownFormat, match="no format 'csv'; known are: json, jsonl, xml, yaml, python"):
        serializers.dump([], "csv")
