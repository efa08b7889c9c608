"""Every error this package raises."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partita.templates.sources import Origin

__all__ = (
    "ComponentError",
    "TemplateError",
    "TemplateNotFound",
    "TemplateRecursionError",
    "TemplateSyntaxError",
    "VariableDoesNotExist",
)


class TemplateError(Exception):
    """Base of every error this package raises."""


class TemplateSyntaxError(TemplateError, ValueError):
    """A template does not follow the language.

    Args:
        message: What is wrong, and what was expected.
        name: The template; filled in by the parser for errors that tags raise.
        line: Counted from 1; 0 while it is not known.
        excerpt: The tag or variable at fault.
    """

    def __init__(self, message: str, name: str = "", line: int = 0, excerpt: str = "") -> None:
        super().__init__(message, name, line, excerpt)
        self.message, self.name, self.line, self.excerpt = message, name, line, excerpt

    template_debug: "dict[str, Any] | None" = None
    """What a page about the error shows, if the engine is in debug mode; see `debugging.debug_information`."""

    def locate(self, name: str, line: int, excerpt: str) -> None:
        """Say where it happened, unless that is known already."""
        if not self.line:
            self.name, self.line, self.excerpt = name, line, excerpt
            self.args = (self.message, name, line, excerpt)

    def __str__(self) -> str:
        if not self.line:
            return self.message
        return f"{self.name or 'template'}, line {self.line}: {self.message}\n    {self.excerpt[:120]}"


class TemplateNotFound(TemplateError, LookupError):
    """There is no template of this name.

    Args:
        name: What was asked for.
        tried: The places that were looked at, each with what was wrong there.
        backend: The engine that was asked, if it is one of several.
        chain: The errors of the engines that were asked before it was given up.
    """

    def __init__(
        self,
        name: str,
        tried: "Sequence[tuple[Origin, str]]" = (),
        backend: object = None,
        chain: "Sequence[TemplateNotFound]" = (),
    ) -> None:
        super().__init__(name, tuple(tried))
        self.name, self.tried, self.backend, self.chain = name, tuple(tried), backend, tuple(chain)

    def __reduce__(self) -> "tuple[object, ...]":
        # Engines and loaders hold files and functions, which cannot travel; what was tried is told in words.
        plain = tuple((type(place)(place.name, place.template_name), reason) for place, reason in self.tried)
        return type(self), (self.name, plain, None, self.chain)

    def __str__(self) -> str:
        tried = [place.name for each in (self, *self.chain) for place, _ in each.tried]
        places = "; ".join(dict.fromkeys(tried[:20])) or "no template folders are set up"
        return f"no template {self.name[:200]!r}; tried: {places}"


class VariableDoesNotExist(TemplateError, LookupError):
    """A variable that a tag asked for, or that a strict engine came upon, cannot be resolved.

    Args:
        name: As written in the template.
        template: Where it stands, if that is known.
        line: Counted from 1; 0 if it is not known.
    """

    def __init__(self, name: str, template: str = "", line: int = 0) -> None:
        super().__init__(name, template, line)
        self.name, self.template, self.line = name, template, line

    def __str__(self) -> str:
        place = f"{self.template or 'template'}, line {self.line}: " if self.line else ""
        return f"{place}no variable {self.name[:120]!r} in the context"


class TemplateRecursionError(TemplateError, RecursionError):
    """Templates include each other, or themselves, without an end."""

    def __init__(self, name: str, depth: int) -> None:
        super().__init__(name, depth)
        self.name, self.depth = name, depth

    def __str__(self) -> str:
        return f"{self.name!r} is included {self.depth} levels deep; expected an include that comes to an end"


class ComponentError(TemplateError, TypeError):
    """A component is given a value that does not fit.

    Args:
        component: Its name.
        prop: Which of its props.
        message: What is wrong.
        template: Where the component is used.
        line: Counted from 1; 0 if it is used from Python.
    """

    def __init__(self, component: str, prop: str, message: str, template: str = "", line: int = 0) -> None:
        super().__init__(component, prop, message, template, line)
        self.component, self.prop, self.message, self.template, self.line = component, prop, message, template, line

    def __str__(self) -> str:
        place = f"{self.template or 'template'}, line {self.line}: " if self.line else ""
        return f"{place}{self.message}"
