"""The kit for template engines accepts a right engine and catches wrong ones."""

from collections.abc import Mapping
from html import escape

import pytest

from partita.contracts.testing.templates import TemplateEngineContract


class Replacing:
    """Just enough of an engine for the kit's first and third test."""

    def __init__(self, templates: dict[str, str]) -> None:
        self._templates = templates

    def render(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        text = self._templates[name]
        for key, value in (context or {}).items():
            text = text.replace("{{ " + key + " }}", self.show(value))
        return text

    async def arender(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        return self.render(name, context, request)

    def show(self, value: object) -> str:
        return escape(str(value))


class Unsafe(Replacing):
    def show(self, value: object) -> str:
        return str(value)


def kit_for(engine: type[Replacing]) -> TemplateEngineContract:
    class Kit(TemplateEngineContract):
        def make(self, templates: dict[str, str]) -> Replacing:
            return engine(templates)

    return Kit()


def test_the_kit_accepts_an_engine_that_escapes() -> None:
    kit_for(Replacing).test_a_template_shows_its_context_escaped()
    kit_for(Replacing).test_a_missing_template_is_a_look_up_error_that_names_it()


def test_the_kit_refuses_an_engine_that_does_not_escape() -> None:
    with pytest.raises(AssertionError):
        kit_for(Unsafe).test_a_template_shows_its_context_escaped()


def test_the_kit_refuses_an_engine_without_loops() -> None:
    with pytest.raises(AssertionError):
        kit_for(Replacing).test_async_rendering_gives_the_same()
