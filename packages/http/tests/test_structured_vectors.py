"""The HTTP working group's test vectors for structured fields, all of them.

They are in ``structured_field_tests.zip`` as they are in https://github.com/httpwg/structured-field-tests, with their licence (BSD,
IETF Trust).
"""

import base64
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from partita.http import HeaderSyntaxError
from partita.http.structured import (
    Date,
    DisplayString,
    InnerList,
    Item,
    Token,
    parse_dictionary,
    parse_item,
    parse_list,
    write_dictionary,
    write_item,
    write_list,
)

Vector = Mapping[str, Any]
PARSERS: dict[str, Callable[[str], Any]] = {"item": parse_item, "list": parse_list, "dictionary": parse_dictionary}
WRITERS: dict[str, Callable[[Any], str]] = {"item": write_item, "list": write_list, "dictionary": write_dictionary}


def vectors() -> Iterator[tuple[str, list[Vector]]]:
    with zipfile.ZipFile(Path(__file__).with_name("structured_field_tests.zip")) as archive:
        for name in archive.namelist():
            if name.endswith(".json"):
                short = name.removeprefix("structured-field-tests/").removesuffix(".json")
                yield short, json.loads(archive.read(name), parse_float=Decimal)


VECTORS = dict(vectors())


def bare(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    kinds: dict[str, Callable[[Any], Any]] = {
        "token": Token,
        "binary": base64.b32decode,
        "date": Date,
        "displaystring": DisplayString,
    }
    return kinds[value["__type"]](value["value"])


def parameters(pairs: list[list[Any]]) -> dict[str, Any]:
    return {key: bare(value) for key, value in pairs}


def member(given: list[Any]) -> Item | InnerList:
    value, pairs = given
    if isinstance(value, list):
        return InnerList(tuple(Item(bare(each), parameters(below)) for each, below in value), parameters(pairs))
    return Item(bare(value), parameters(pairs))


def value_of(vector: Vector) -> Any:
    given = vector["expected"]
    if vector["header_type"] == "item":
        return member(given)
    if vector["header_type"] == "list":
        return [member(each) for each in given]
    return {key: member(each) for key, each in given}


def same(first: Any, second: Any) -> bool:
    """Compare values, their types, and the order of keys: a token equals a string in Python, and 1 equals true."""
    if isinstance(first, InnerList) and isinstance(second, InnerList):
        return same(list(first.items), list(second.items)) and same(dict(first.parameters), dict(second.parameters))
    if isinstance(first, Item) and isinstance(second, Item):
        return same(first.value, second.value) and same(dict(first.parameters), dict(second.parameters))
    if isinstance(first, dict) and isinstance(second, dict):
        return list(first) == list(second) and same(list(first.values()), list(second.values()))
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(same(*pair) for pair in zip(first, second, strict=True))
    return type(first) is type(second) and bool(first == second)


def fault(vector: Vector) -> str:
    """Say what is wrong with what we make of a vector; empty if nothing is."""
    kind = vector["header_type"]
    if "raw" in vector:
        try:
            parsed = PARSERS[kind](", ".join(vector["raw"]))
        except HeaderSyntaxError as error:
            return "" if vector.get("must_fail") or vector.get("can_fail") else f"refused: {error}"
        if vector.get("must_fail"):
            return f"taken as {parsed!r}"
        if not same(parsed, value_of(vector)):
            return f"taken as {parsed!r}, not {value_of(vector)!r}"
    try:
        written = WRITERS[kind](value_of(vector))
    except ValueError as error:
        return "" if vector.get("must_fail") else f"cannot be written: {error}"
    if vector.get("must_fail"):
        return f"written as {written!r}"
    wanted = ", ".join(vector.get("canonical", vector.get("raw", [])))
    return "" if written == wanted else f"written as {written!r}, not {wanted!r}"


def test_all_vectors_are_there() -> None:
    assert len(VECTORS) >= 19
    assert sum(map(len, VECTORS.values())) > 1500


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_every_vector_of_the_working_group_passes(name: str) -> None:
    assert {each["name"]: found for each in VECTORS[name] if (found := fault(each))} == {}
