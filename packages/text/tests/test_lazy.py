"""Values that are made when they are needed, and properties that are computed once."""

import copy
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from partita.contracts.i18n import LazyText
from partita.text import (
    LazyObject,
    Markup,
    SimpleLazyObject,
    cached_property,
    capfirst,
    classproperty,
    conditional_escape,
    format_lazy,
    html_safe,
    import_string,
    keep_lazy,
    keep_lazy_text,
    lazy,
    lazystr,
    mark_safe,
    module_has_submodule,
)
from partita.text.lazy_values import empty


def counting(value: Any) -> tuple[Callable[[], Any], list[int]]:
    calls: list[int] = []

    def make() -> Any:
        calls.append(1)
        return value

    return make, calls


def test_a_lazy_function_is_called_each_time_its_value_is_looked_at() -> None:
    make, calls = counting("text")
    value = lazy(make, str)()
    assert calls == []
    assert isinstance(value, LazyText)
    assert [str(value), value + "!", repr(value), f"{value:>5}"] == ["text", "text!", "'text'", " text"]
    assert len(calls) == 4


def test_a_lazy_value_stands_for_what_its_function_returns() -> None:
    four, five = lazy(lambda: 4, int)(), lazy(lambda: 5, int)()
    assert [four + 1, 1 + five, four + five, four * 2, "ab" * five, 9 % four, four - 1] == [5, 6, 9, 8, "ab" * 5, 1, 3]
    assert four < five
    assert four == lazy(lambda: 4, int)()
    assert hash(four) == hash(4)
    assert five.bit_length() == 3
    items = lazy(lambda: [1, 2], list)()
    assert ([*items, 3], len(items), list(items), items[0], 2 in items, bool(items)) == (
        [1, 2, 3], 2, [1, 2], 1, True, True,
    )  # fmt: skip
    assert pickle.loads(pickle.dumps(copy.deepcopy(items))) == [1, 2]
    assert "append" in dir(items)


def test_a_function_keeps_lazy_what_is_lazy() -> None:
    @keep_lazy_text
    def shout(text: str) -> str:
        return f"{text}!".upper()

    texts = iter(["one", "two"])
    waiting = shout(lazy(lambda: next(texts), str)())
    assert isinstance(waiting, LazyText)
    assert [str(waiting), str(waiting)] == ["ONE!", "TWO!"]
    assert type(shout("now")) is str
    with pytest.raises(TypeError, match=r"keep_lazy\(str\)"):
        keep_lazy()
    assert isinstance(capfirst(lazystr("cart")), LazyText)
    assert str(capfirst(lazystr("cart"))) == "Cart"
    assert str(format_lazy("{}: {price}", lazystr("Cart"), price=3)) == "Cart: 3"


def test_lazy_html_stays_safe() -> None:
    assert conditional_escape(lazystr(mark_safe("<b>"))) == "<b>"
    assert conditional_escape(mark_safe(lazystr("<b>"))) == "<b>"
    assert conditional_escape(lazystr("<b>")) == "&lt;b&gt;"

    @mark_safe
    def button(text: str) -> str:
        return f"<button>{text}"

    assert isinstance(button("x"), Markup)


def test_a_class_may_say_that_its_text_is_html() -> None:
    @html_safe
    class Page:
        def __str__(self) -> str:
            return "<p>"

    assert conditional_escape(Page()) == "<p>"
    with pytest.raises(ValueError, match=r"defines __html__"):
        html_safe(Page)
    with pytest.raises(ValueError, match=r"doesn't define __str__"):
        html_safe(type("Plain", (), {}))


def test_a_lazy_object_is_made_once_and_stands_for_it() -> None:
    make, calls = counting({"one": 1})
    lazy_dict = SimpleLazyObject(make)
    assert repr(lazy_dict).startswith("<SimpleLazyObject: <function")
    assert calls == []
    lazy_dict["two"] = 2
    del lazy_dict["one"]
    assert (lazy_dict["two"], "two" in lazy_dict, len(lazy_dict), list(lazy_dict)) == (2, True, 1, ["two"])
    assert lazy_dict == {"two": 2}
    assert isinstance(lazy_dict, dict)
    assert calls == [1]
    assert repr(lazy_dict) == "<SimpleLazyObject: {'two': 2}>"
    assert pickle.loads(pickle.dumps(lazy_dict)) == {"two": 2}
    assert SimpleLazyObject(lambda: 1) + 1 == 1 + SimpleLazyObject(lambda: 1) == 2
    assert not SimpleLazyObject(lambda: None)
    assert bytes(SimpleLazyObject(lambda: b"x")) == b"x"


def test_attributes_belong_to_the_other_object() -> None:
    class Thing:
        color = "red"

    thing = Thing()

    class LazyThing(LazyObject):
        def _setup(self) -> None:
            self._wrapped = thing

    lazy_thing = LazyThing()
    lazy_thing.color = "blue"
    assert thing.color == "blue"
    del lazy_thing.color
    assert lazy_thing.color == "red"
    with pytest.raises(TypeError, match=r"can't delete"):
        del lazy_thing._wrapped
    with pytest.raises(TypeError, match=r"has to define _setup"):
        LazyObject().color


def test_a_copy_of_what_is_not_made_yet_is_not_made_either() -> None:
    make, calls = counting([[1]])
    original = SimpleLazyObject(make)
    for duplicate in (copy.copy(original), copy.deepcopy(original)):
        assert duplicate._wrapped is empty
    assert calls == []
    assert original[0] == [1]
    deep = copy.deepcopy(original)
    assert isinstance(deep.copy(), list)
    assert deep[0] is not original[0]
    assert copy.copy(original)[0] is original[0]


def test_a_method_of_the_object_itself_shows_without_end_in_sight() -> None:
    class Own(SimpleLazyObject):
        def __init__(self) -> None:
            super().__init__(self._generate)

        def _generate(self) -> str:
            return "made"

    own = Own()
    assert repr(own) == "<Own: '<bound method _generate>'>"
    assert str(own) == "made"


class Counted:
    calls = 0

    @cached_property
    def value(self) -> int:
        """How often this was computed."""
        self.calls += 1
        return self.calls

    @classproperty
    def kind(cls) -> str:
        return cls.__name__  # type: ignore[attr-defined,no-any-return] # as above


def test_a_cached_property_is_computed_once_until_it_is_deleted() -> None:
    counted = Counted()
    assert (counted.value, counted.value, Counted().value) == (1, 1, 1)
    del counted.value
    assert counted.value == 2
    assert Counted.value.__doc__ == "How often this was computed."
    assert Counted.kind == Counted().kind == "Counted"


def test_a_cached_property_has_one_name() -> None:
    with pytest.raises(Exception, match=r"two different names|__set_name__") as caught:

        class Twice:
            one = cached_property(lambda self: 1)
            two = one

    assert isinstance(caught.value.__cause__ or caught.value, TypeError)

    class Late:
        pass

    Late.value = cached_property(lambda self: 1)  # type: ignore[attr-defined] # that is the test
    with pytest.raises(TypeError, match=r"__set_name__"):
        Late().value  # type: ignore[attr-defined]


def test_things_are_found_by_their_dotted_name() -> None:
    import partita.text

    assert import_string("partita.text.lazy_values.SimpleLazyObject") is SimpleLazyObject
    with pytest.raises(ImportError, match=r"doesn't look like a module path"):
        import_string("nodots")
    with pytest.raises(ImportError, match=r'Module "partita\.text" does not define a "nothing"'):
        import_string("partita.text.nothing")
    with pytest.raises(ImportError, match=r"partita\.nowhere"):
        import_string("partita.nowhere.nothing")
    assert module_has_submodule(partita.text, "lazy_values")
    assert not module_has_submodule(partita.text, "lazier")
    assert not module_has_submodule(partita.text.lazy_values, "more")
    assert not module_has_submodule(partita.text, "lazy_values.more")
