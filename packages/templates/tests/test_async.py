"""One compilation renders sync, async and in pieces."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from partita.bridge import BridgeError, wait
from partita.templates import Engine, Library


class Author:
    name = "Ann <"

    async def books(self) -> list[str]:
        await asyncio.sleep(0)
        return ["a", "b"]

    def lazily(self) -> str:
        async def value() -> str:
            await asyncio.sleep(0)
            return "waited"

        return wait(value())


async def rows() -> AsyncIterator[int]:
    for number in range(3):
        await asyncio.sleep(0)
        yield number


def test_what_is_awaitable_is_awaited() -> None:
    async def title() -> str:
        await asyncio.sleep(0)
        return "<title>"

    source = ("{{ title }}{% if title %}!{% endif %}{% for b in author.books %}{{ b }}{% endfor %}{{ author.lazily }}"
              "{% for r in rows %}{{ r }}{% endfor %}{{ title|lower }}")  # fmt: skip
    template = Engine().from_string(source)
    names = {"title": title, "author": Author(), "rows": rows}
    assert asyncio.run(template.arender(names)) == "&lt;title&gt;!abwaited012&lt;title&gt;"


def test_sync_code_beneath_what_is_awaited_may_wait_as_well() -> None:
    def query(answer: str) -> str:
        return wait(asyncio.sleep(0, answer))

    async def title() -> str:
        await asyncio.sleep(0)
        return query("title")

    async def lines() -> AsyncIterator[str]:
        for name in "ab":
            yield query(name)

    register = Library()

    @register.filter
    async def twice(value: Any) -> str:
        return query(str(value)) * 2

    source = "{% load t %}{{ title }}{% for line in lines %}{{ line|twice }}{% endfor %}"
    template = Engine(libraries={"t": register}).from_string(source)
    assert asyncio.run(template.arender({"title": title, "lines": lines})) == "titleaabb"
    with pytest.raises(BridgeError):
        template.render({"title": title, "lines": lines})


def test_async_tags_and_filters_are_awaited() -> None:
    register = Library()

    @register.simple_tag
    async def slow(x: int) -> str:
        await asyncio.sleep(0)
        return f"<{x}>"

    @register.filter
    async def later(value: Any) -> str:
        await asyncio.sleep(0)
        return f"{value}?"

    template = Engine(libraries={"t": register}).from_string(
        "{% load t %}{% slow 1 %}{% slow 2 as y %}{{ y }}{{ 3|later }}"
    )
    assert asyncio.run(template.arender()) == "&lt;1&gt;&lt;2&gt;3?"


def test_outside_of_async_an_awaitable_is_an_error_that_says_so() -> None:
    with pytest.raises(BridgeError):
        Engine().from_string("{{ author.books }}").render({"author": Author()})


def test_pieces_come_as_soon_as_they_are_known() -> None:
    reached: list[int] = []

    async def slow(number: int) -> int:
        await asyncio.sleep(0)
        reached.append(number)
        return number

    engine = Engine(templates={"base": "<head>{% block a %}{% endblock %}", "part": "{{ x }}",
                               "page": "{% extends 'base' %}{% block a %}{% for s in slow %}{% include 'part' with x=s %},{% endfor %}{% endblock %}"})  # fmt: skip

    async def collect() -> list[str]:
        pieces: list[str] = []
        async for piece in engine.astream("page", {"slow": [lambda: slow(1), lambda: slow(2)]}):
            if not pieces:
                assert reached == []
            pieces.append(piece)
        return pieces

    assert asyncio.run(collect()) == ["<head>", "1", ",", "2", ","]
    assert list(engine.stream("page", {"slow": [1]})) == ["<head>", "1", ","]


def test_renderings_that_wait_do_not_disturb_each_other() -> None:
    template = Engine(templates={"p": "{{ x }}{{ v }}"}).from_string(
        "{% for x in xs %}{% include 'p' %}{% cycle 'a' 'b' %}{% endfor %}"
    )

    async def value() -> str:
        await asyncio.sleep(0)
        return "."

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(template.arender({"xs": [n] * 3, "v": value}) for n in range(20)))

    assert asyncio.run(all_of_them()) == [f"{n}.a{n}.b{n}.a" for n in range(20)]


def test_parts_of_a_page_wait_at_the_same_time() -> None:
    running = most = 0

    async def slow(name: str) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        for _ in range(3):
            await asyncio.sleep(0)
        running -= 1
        return name

    source = (
        "{% for n in 'xy' %}{% parallel %}{% with v='a' %}{{ a }}{{ v }}{% cycle 1 2 %}{% endwith %}{% also %}{{ b }}{{ v }}{{ n }}"
        "{% also %}{% include 'part' %}{% endparallel %}{% endfor %}"
    )
    template = Engine(templates={"part": "{{ c }}{{ n }}"}).from_string(source)
    names = {name: lambda name=name: slow(f"<{name}>") for name in "abc"}
    expected = "&lt;a&gt;a1&lt;b&gt;x&lt;c&gt;x&lt;a&gt;a1&lt;b&gt;y&lt;c&gt;y"
    assert asyncio.run(template.arender(names)) == expected
    assert most == 3
    assert template.render({name: f"<{name}>" for name in "abc"}) == expected

    async def collect() -> str:
        return "".join([piece async for piece in template.astream(names)])

    assert asyncio.run(collect()) == expected


def test_a_part_that_fails_stops_the_others() -> None:
    done: list[str] = []

    async def fail() -> str:
        await asyncio.sleep(0)
        raise ZeroDivisionError("part")

    async def slow() -> str:
        await asyncio.sleep(60)
        done.append("slow")
        return ""

    template = Engine().from_string("{% parallel %}{{ fail }}{% also %}{{ slow }}{% endparallel %}")
    with pytest.raises(ZeroDivisionError, match="part"):
        asyncio.run(template.arender({"fail": fail, "slow": slow}))
    assert done == []


def test_the_head_of_a_page_is_out_before_what_is_slow_begins() -> None:
    begun: list[bool] = []

    async def slow() -> str:
        begun.append(True)
        await asyncio.sleep(0)
        return "rows"

    engine = Engine(
        templates={"base": "<head>{% block t %}{% endblock %}</head>{% block body %}{% endblock %}",
                   "page": "{% extends 'base' %}{% block t %}{{ title }}{% endblock %}{% block body %}{{ slow }}{% endblock %}"}
    )  # fmt: skip

    async def first() -> list[str]:
        shown: list[str] = []
        async for piece in engine.astream("page", {"title": "T", "slow": slow}):
            shown.append(piece)
            if "</head>" in "".join(shown):
                assert begun == []
                break
        return shown

    assert "".join(asyncio.run(first())) == "<head>T</head>"
