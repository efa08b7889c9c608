"""Several template engines side by side, each with a name."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol

from partita.bridge import run
from partita.templates.errors import TemplateError, TemplateNotFound

__all__ = ("Backend", "Engines", "Rendered")


class Rendered(Protocol):
    """A template of whichever engine."""

    def render(self, context: Mapping[str, object] | None = None, request: object = None) -> str:
        """Return the output.

        Args:
            context: Names for the template; not changed.
            request: If given, the template has it as ``request`` and the context processors run.
        """
        ...


class Backend(Protocol):
    """What an engine has to do to stand beside others."""

    def get_template(self, name: str) -> Rendered:
        """Return the template ``name``.

        Raises:
            TemplateNotFound: If there is none.
            TemplateSyntaxError: If it does not follow the engine's language.
        """
        ...

    def from_string(self, source: str) -> Rendered:
        """Return a template made from ``source``."""
        ...


class Engines:
    """Engines by name; a template is looked for in one after the other, in the order in which they are given.

    Args:
        engines: For example ``{"partita": Engine([...]), "jinja2": JinjaEngine([...])}``.
    """

    def __init__(self, engines: Mapping[str, Backend]) -> None:
        self._engines = dict(engines)

    def __getitem__(self, name: str) -> Backend:
        found = self._engines.get(name)
        if found is None:
            known = ", ".join(self._engines) or "none"
            raise TemplateError(f"no template engine is called {name[:80]!r}; known: {known}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._engines)

    def __len__(self) -> int:
        return len(self._engines)

    def all(self) -> list[Backend]:
        """Return the engines."""
        return list(self._engines.values())

    def get_template(self, name: str, using: str | None = None) -> Rendered:
        """Return a template.

        Args:
            name: Slash separated, relative to a template folder.
            using: The name of the only engine to ask.

        Raises:
            TemplateNotFound: If no engine has it; ``chain`` tells what each of them tried.
        """
        return self._first([name], using, name)

    def select_template(self, names: Iterable[str], using: str | None = None) -> Rendered:
        """Return the first of ``names`` that an engine has.

        Raises:
            TemplateNotFound: If there is none of them.
            TypeError: If ``names`` is one text, which would be taken letter by letter.
        """
        if isinstance(names, str):
            raise TypeError(
                f"select_template() takes an iterable of template names but got a string: {names!r}. "
                "Use get_template() if you want to load a single template by name."
            )
        wanted = list(names)
        return self._first(wanted, using, ", ".join(wanted))

    def _first(self, names: Sequence[str], using: str | None, told: str) -> Rendered:
        chain: list[TemplateNotFound] = []
        for name in names:
            for engine in self.all() if using is None else [self[using]]:
                try:
                    return engine.get_template(name)
                except TemplateNotFound as error:
                    chain.append(error)
        raise TemplateNotFound(told, chain=chain)

    def render(
        self,
        name: str | Sequence[str],
        context: Mapping[str, object] | None = None,
        request: object = None,
        using: str | None = None,
    ) -> str:
        """Return the template ``name``, or the first there is of several names, rendered."""
        template = self.get_template(name, using) if isinstance(name, str) else self.select_template(name, using)
        return template.render(context, request)

    async def arender(
        self,
        name: str | Sequence[str],
        context: Mapping[str, object] | None = None,
        request: object = None,
        using: str | None = None,
    ) -> str:
        """Async twin of `render`: what an engine waits for beneath the bridge does not block the loop."""
        return await run(self.render, name, context, request, using)
