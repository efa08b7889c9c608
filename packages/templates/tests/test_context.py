"""The context: its layers, and the names that context processors add."""

from copy import copy
from types import SimpleNamespace
from typing import Any

import pytest

from partita.templates import Context, Engine, Origin, RequestContext, Variable, VariableDoesNotExist
from partita.templates.context import RenderContext

BUILTINS = {"True": True, "False": False, "None": None}


def test_layers_are_told_from_the_outermost_on() -> None:
    context = Context({"a": 1})
    context.push(Context({"b": 2}))
    context.update({"a": 3})
    assert context.dicts == [BUILTINS, {"a": 1}, {"b": 2}, {"a": 3}]
    del context["a"]
    assert context.dicts == [BUILTINS, {"a": 1}, {"b": 2}, {}]
    context.pop()
    assert context.flatten() == {**BUILTINS, "a": 1, "b": 2}


def test_a_closed_layer_gives_what_it_held() -> None:
    context = Context({"a": 1})
    assert context.push() == {}
    context["a"] = 2
    assert context.pop() == {"a": 2}
    assert context["a"] == 1
    with pytest.raises(IndexError):
        context.pop()


def test_set_upward_assigns_where_the_name_is() -> None:
    context = Context({"a": 1})
    context.push({"b": 2})
    context.set_upward("a", 3)
    context.set_upward("new", 4)
    assert context.dicts[1:] == [{"a": 3}, {"b": 2, "new": 4}]
    context.pop()
    assert context.vars == {"a": 3}


def test_contexts_are_equal_if_they_show_the_same_and_copies_are_apart() -> None:
    context = Context({"a": 1})
    context.push({"b": 2})
    assert context == Context({"a": 1, "b": 2})
    assert context != Context({"a": 1})
    assert context != {"a": 1, "b": 2}
    other = copy(context)
    other["b"] = 3
    other.pop()
    assert context["b"] == 2


def test_a_mapping_may_stand_for_a_context() -> None:
    assert Variable("a.b.0").resolve({"a": {"b": [5]}}) == 5
    with pytest.raises(VariableDoesNotExist):
        Variable("get").resolve({})


def processor(request: Any) -> dict[str, object]:
    return {"who": request.user, "kept": "processor"}


def test_a_request_context_has_the_processors_names_while_it_is_rendered() -> None:
    engine = Engine(context_processors=[processor])
    template = engine.from_string("{{ who }} {{ kept }} {{ later }} {{ request.user }} {{ extra }}")
    context = RequestContext(SimpleNamespace(user="Ann"), {"who": "given"}, [lambda request: {"extra": "more"}])
    context["later"], context["kept"] = "assigned", "assigned"
    assert template.render(context) == "Ann assigned assigned Ann more"
    assert (context["who"], context["kept"], "extra" in context) == ("given", "assigned", False)
    assert template.render(context) == "Ann assigned assigned Ann more"
    assert len(RequestContext(None, {}).dicts) == 4


def test_a_processor_that_gives_no_mapping_is_told() -> None:
    def broken(request: object) -> Any:
        return None

    engine = Engine(context_processors=[broken])
    with pytest.raises(TypeError, match="Context processor broken didn't return a dictionary"):
        engine.from_string("").render({}, SimpleNamespace())
    with pytest.raises(TypeError, match="Context processor broken didn't return a dictionary"):
        engine.from_string("").render(RequestContext(SimpleNamespace()))


def test_notes_of_one_template_stay_hidden_from_another() -> None:
    notes = RenderContext({"a": 1})
    notes.push()
    notes["b"] = 2
    assert (list(notes), "a" in notes, notes.get("a"), notes["b"]) == (["b"], False, None, 2)
    assert notes.pop() == {"b": 2}
    with pytest.raises(IndexError):
        notes.pop()


def test_a_context_knows_its_template_and_an_engine_its_origins() -> None:
    engine = Engine(templates={"a.html": "x"})
    template = engine.get_template("a.html")
    assert (template.origin.template_name, template.source, repr(template.origin)) == (
        "a.html", "x", "<Origin name='template:a.html'>",
    )  # fmt: skip
    assert template.origin == engine.get_template("a.html").origin != Origin("b")
    assert template.origin.loader_name == "partita.templates.loaders.DictLoader"
    assert (engine.from_string("y").origin.name, engine.from_string("y").origin.loader) == ("<unknown source>", None)
    assert all(node.origin == template.origin for node in template.nodelist)
