"""Tests that every `TemplateEngine` must pass."""

import asyncio
from abc import abstractmethod

from partita.contracts.templates import TemplateEngine

__all__ = ("TemplateEngineContract",)


class TemplateEngineContract:
    """Inherit this and define `make`."""

    @abstractmethod
    def make(self, templates: dict[str, str]) -> TemplateEngine:
        """Return an engine that knows ``templates``, source by name."""
        raise NotImplementedError

    def test_a_template_shows_its_context_escaped(self) -> None:
        engine = self.make({"a.html": "<p>{{ x }}</p>"})
        assert engine.render("a.html", {"x": "<b>"}) == "<p>&lt;b&gt;</p>"

    def test_async_rendering_gives_the_same(self) -> None:
        engine = self.make({"a.html": "{% for x in xs %}{{ x }},{% endfor %}"})
        context = {"xs": [1, 2, 3]}
        assert asyncio.run(engine.arender("a.html", context)) == engine.render("a.html", context) == "1,2,3,"

    def test_a_missing_template_is_a_look_up_error_that_names_it(self) -> None:
        try:
            self.make({}).render("absent.html")
        except LookupError as error:
            assert "absent.html" in str(error)  # noqa: PT017 - the kit must not need pytest
        else:
            raise AssertionError("a template that is not there was rendered")

    def test_the_context_given_is_not_changed(self) -> None:
        context: dict[str, object] = {"xs": [1]}
        self.make({"a.html": "{% with y=1 %}{% for x in xs %}{{ x }}{% endfor %}{% endwith %}"}).render(
            "a.html", context
        )
        assert context == {"xs": [1]}
