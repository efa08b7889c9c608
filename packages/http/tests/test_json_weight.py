"""What the values of a JSON body take is bounded before they are made."""

import asyncio
import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partita.http import ContentTooLarge, Limits, Request
from partita.http.json_weight import LIGHT, check_json_weight, json_weight

KIB = 1024


def many(piece: bytes, length: int) -> bytes:
    return b"[" + b",".join([piece] * ((length - 1) // (len(piece) + 1))) + b"]"


def nested(opening: bytes, closing: bytes, deep: int = 400) -> bytes:
    return opening * deep + b"1" + closing * deep


HEAVY = {
    "empty lists": b"[]",
    "empty objects": b"{}",
    "short lists": b"[1]",
    "lists in lists": nested(b"[", b"]"),
    "short objects": b'{"a":1}',
    "objects in objects": nested(b'{"a":', b"}"),
    "objects of six": b'{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6}',
    "objects of eleven": json.dumps({f"k{number}": 1 for number in range(11)}).encode(),
    "numbers": b"257",
    "fractions": b"1.5",
    "letters": b'"a"',
    "other letters": '"é"'.encode(),
    "escapes": b'"a\\ud83d\\ude00"',
    "rows": b'{"id":1234,"name":"Anna Berg","mail":"anna@example.org","age":34}',
}


def taken(data: bytes) -> int:
    """How much memory the values of ``data`` take."""
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        msgspec.json.decode(data)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", HEAVY)
def test_no_value_takes_more_than_it_weighs(kind: str) -> None:
    data = many(HEAVY[kind], 400 * KIB)
    assert taken(data) <= json_weight(data) + 64 * KIB


@pytest.mark.parametrize("count", [5, 6, 10, 11, 21, 22, 85, 86, 10_922, 10_923, 43_691])
def test_an_object_of_many_names_takes_no_more_than_it_weighs(count: int) -> None:
    one = json.dumps({f"{number:x}": number for number in range(count)}, separators=(",", ":")).encode()
    data = many(one, max(len(one) + 1, 100 * KIB))
    assert taken(data) <= json_weight(data) + 64 * KIB


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=8) | st.dictionaries(st.text(max_size=8), inner, max_size=12),
    max_leaves=30,
)


@settings(max_examples=60, deadline=None)
@given(VALUES, st.booleans())
def test_whatever_it_is_takes_no_more_than_it_weighs(value: object, ascii_only: bool) -> None:
    one = json.dumps(value, ensure_ascii=ascii_only, separators=(",", ":")).encode("utf-8", "surrogatepass")
    try:
        msgspec.json.decode(one)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return  # such as half a character, which takes no memory
    data = many(one, 60 * KIB)
    assert taken(data) <= json_weight(data) + 64 * KIB


def ask_sync(request: Request, kind: Any) -> object:
    return request.json(kind)


def ask_async(request: Request, kind: Any) -> object:
    return asyncio.run(request.ajson(kind))


ASK = {"sync": ask_sync, "async": ask_async}


def post(body: bytes, limits: Limits, content_type: str = "application/json") -> Request:
    return Request.build("POST", body=body, headers={"Content-Type": content_type}, limits=limits)


@pytest.mark.parametrize("ask", ASK.values(), ids=ASK)
@pytest.mark.parametrize("kind", [object, list[object]], ids=["anything", "typed"])
def test_a_body_whose_values_would_take_too_much_is_refused_before_they_are_made(
    ask: Callable[[Request, Any], object], kind: Any
) -> None:
    limits = Limits(max_body=512 * KIB, max_decoded=1024 * KIB)
    heavy, light = many(HEAVY["lists in lists"], 500 * KIB), many(b'"' + b"x" * 1000 + b'"', 500 * KIB)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        with pytest.raises(ContentTooLarge, match="max_decoded allows 1048576"):
            ask(post(heavy, limits), kind)
        peak = tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
    assert peak < 600 * KIB  # the body and what stands around it
    assert isinstance(ask(post(light, limits), kind), list)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "application/a+json"])
def test_however_the_type_is_written_the_limit_holds(content_type: str) -> None:
    limits = Limits(max_decoded=1024 * KIB)
    for ask in ASK.values():
        with pytest.raises(ContentTooLarge):
            ask(post(many(b"[]", 100 * KIB), limits, content_type), object)


def test_by_default_what_people_send_is_taken_up_to_the_limit_of_bodies_and_what_only_an_attacker_sends_is_not() -> (
    None
):
    limits = Limits()
    for kind in ("rows", "objects of eleven", "numbers", "fractions"):
        assert isinstance(ask_sync(post(many(HEAVY[kind], limits.max_body - 1), limits), object), list), kind
    for kind in ("empty lists", "empty objects", "lists in lists", "short lists"):
        with pytest.raises(ContentTooLarge, match="max_decoded"):
            ask_sync(post(many(HEAVY[kind], limits.max_body - 1), limits), object)


def test_what_is_short_is_not_weighed() -> None:
    assert ask_sync(post(many(b"[]", LIGHT), Limits(max_decoded=1)), object)


def test_what_cannot_break_the_limit_whatever_it_holds_is_not_looked_through() -> None:
    class Unread(bytes):
        def count(self, *args: Any) -> int:
            raise AssertionError("counted")

    check_json_weight(Unread(many(b"[]", 20 * KIB)), Limits(max_decoded=2**21))
    with pytest.raises(AssertionError, match="counted"):
        check_json_weight(Unread(many(b"[]", 30 * KIB)), Limits(max_decoded=2**21))
