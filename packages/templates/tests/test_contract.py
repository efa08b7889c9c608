"""The engine keeps the contract of template engines."""

from partita.contracts.templates import TemplateEngine
from partita.contracts.testing.templates import TemplateEngineContract
from partita.templates import Engine


class TestEngine(TemplateEngineContract):
    def make(self, templates: dict[str, str]) -> TemplateEngine:
        return Engine(templates=templates)
