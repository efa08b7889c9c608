"""The tag ``cache``."""

import asyncio
from collections.abc import Callable

import pytest

from partita.templates import Engine, FragmentStore, Markup, MemoryFragments, TemplateSyntaxError, fragment_key

ShowFragment = Callable[..., str]


class Counter:
    """Counts how often a template asks for it."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        return f"<{self.count}>"


def test_the_second_rendering_does_not_run_the_body() -> None:
    engine, counter = Engine(), Counter()
    template = engine.from_string("{% cache 60 side %}{{ counter }}{% endcache %}|{{ x }}")
    assert template.render({"counter": counter, "x": 1}) == "&lt;1&gt;|1"
    assert template.render({"counter": counter, "x": 2}) == "&lt;1&gt;|2"
    assert counter.count == 1


def test_the_key_depends_on_what_the_text_depends_on() -> None:
    engine, counter = Engine(), Counter()
    template = engine.from_string("{% cache 60 side user version=v %}{{ counter }}{% endcache %}")
    shown = [
        template.render({"counter": counter, "user": user, "v": version}, None)
        for user, version in [("a", 1), ("b", 1), ("a", 1), ("a", 2), ("a", 1)]
    ]
    assert shown == ["&lt;1&gt;", "&lt;2&gt;", "&lt;1&gt;", "&lt;3&gt;", "&lt;1&gt;"]


def test_values_do_not_run_into_each_other() -> None:
    assert fragment_key("x", ["a", "bc"]) != fragment_key("x", ["ab", "c"])
    assert fragment_key("x", ["a:b"]) != fragment_key("x", ["a", "b"])
    assert fragment_key("x", ["a"], 1) != fragment_key("x", ["a"], 2)


def test_an_object_may_say_what_its_key_is() -> None:
    class Album:
        cache_key = "album-7-2026"

    assert fragment_key("x", [Album()]) == fragment_key("x", ["album-7-2026"])


def test_fragments_expire() -> None:
    now = [0.0]
    store = MemoryFragments(clock=lambda: now[0])
    engine, counter = Engine(fragments={"default": store}), Counter()
    template = engine.from_string("{% cache seconds side %}{{ counter }}{% endcache %}")
    for moment, expected in [(0, 1), (59, 1), (60, 2)]:
        now[0] = moment
        assert template.render({"counter": counter, "seconds": 60}) == f"&lt;{expected}&gt;"
    store.delete(fragment_key("side"))
    assert template.render({"counter": counter, "seconds": None}) == "&lt;3&gt;"
    now[0] = 1e9
    assert template.render({"counter": counter, "seconds": 1}) == "&lt;3&gt;"


def test_memory_keeps_what_was_used_last() -> None:
    store = MemoryFragments(most=2)
    store.set("a", "1", None)
    store.set("b", "2", None)
    assert store.get("a") == "1"
    store.set("c", "3", None)
    assert [store.get(key) for key in "abc"] == ["1", None, "3"]


def test_using_names_a_store_and_bytes_are_text() -> None:
    class Bytes:
        def __init__(self) -> None:
            self.kept: dict[str, bytes] = {}

        def get(self, key: str, /) -> bytes | None:
            return self.kept.get(key)

        def set(self, key: str, value: str, timeout: float | None, /) -> None:
            self.kept[key] = value.encode()

    other = Bytes()
    engine = Engine(fragments={"other": other})
    template = engine.from_string("{% cache 60 side using='other' %}<b>{{ x }}</b>{% endcache %}")
    assert [template.render({"x": "&"}), template.render({"x": "z"})] == ["<b>&amp;</b>"] * 2
    assert list(other.kept.values()) == [b"<b>&amp;</b>"]
    with pytest.raises(TemplateSyntaxError, match="no store 'third'; known: default, other"):
        engine.from_string("{% cache 60 side using='third' %}{% endcache %}").render()


def test_an_async_store_is_awaited() -> None:
    class Remote(MemoryFragments):
        async def get(self, key: str, /) -> str | None:  # type: ignore[override] # as the protocol allows
            await asyncio.sleep(0)
            return super().get(key)

        async def set(self, key: str, value: str, timeout: float | None, /) -> None:  # type: ignore[override] # as above
            await asyncio.sleep(0)
            super().set(key, value, timeout)

    remote: FragmentStore = Remote()
    counter = Counter()
    template = Engine(fragments={"default": remote}).from_string("{% cache 60 side %}{{ counter }}{% endcache %}")

    async def twice() -> list[Markup]:
        return [await template.arender({"counter": counter}) for _ in range(2)]

    assert asyncio.run(twice()) == ["&lt;1&gt;"] * 2


def test_it_works_inside_loops_blocks_and_streams() -> None:
    engine = Engine(templates={"base": "{% block b %}{% endblock %}"})
    source = "{% extends 'base' %}{% block b %}{% for x in 'aab' %}{% cache 9 n x %}{{ x }}{{ forloop.counter }} {% endcache %}"
    template = engine.from_string(f"{source}{{% endfor %}}{{% endblock %}}")
    assert template.render() == "".join(template.stream()) == "a1 a1 b3 "


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("{% cache 60 %}{% endcache %}", "number of seconds and a name"),
        ("{% cache 60 a %}", "Unclosed tag on line 1: 'cache'"),
        ("{% cache 'x' a %}{% endcache %}", "needs a number of seconds or None, got 'x'"),
    ],
)
def test_mistakes_are_told(source: str, message: str) -> None:
    with pytest.raises(TemplateSyntaxError, match=message):
        Engine().from_string(source).render()
