"""What turns the context of a form, field or widget into HTML: straight from Python, or with a template engine."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from partita.contracts.current import find
from partita.contracts.key import Key
from partita.contracts.templates import TEMPLATES as ENGINE
from partita.contracts.templates import TemplateEngine
from partita.forms.errors import FormTemplateError
from partita.forms.rendering.html_forms import FORMS
from partita.forms.rendering.html_widgets import WIDGETS

__all__ = (
    "BUILT_IN",
    "FORM_RENDERER",
    "JINJA2_TEMPLATES",
    "TEMPLATES",
    "BaseRenderer",
    "DirectRenderer",
    "Jinja2Renderer",
    "TemplatesRenderer",
    "Writer",
    "default_renderer",
    "renderer_of",
)

TEMPLATES: Final = Path(__file__).with_name("templates")
"""The folder of this package's templates, in the language of `partita.templates` and Django."""
JINJA2_TEMPLATES: Final = Path(__file__).with_name("jinja2")
"""The folder of the same templates in the language of Jinja2."""

Writer: TypeAlias = Callable[[Mapping[str, Any]], str]
"""Makes HTML of the context of one template."""

BUILT_IN: Final[Mapping[str, Writer]] = {**FORMS, **WIDGETS}
"""What writes each of this package's templates without an engine."""

_WIDGETS: Final = "partita/forms/widgets/"
_INCLUDES: Final[Mapping[str, tuple[str, ...]]] = {
    **dict.fromkeys(BUILT_IN, ("partita/forms/attrs.html",)),
    **dict.fromkeys(WIDGETS, ("partita/forms/attrs.html", f"{_WIDGETS}input.html")),
    f"{_WIDGETS}select.html": ("partita/forms/attrs.html", f"{_WIDGETS}select_option.html"),
    **{
        f"{_WIDGETS}{kind}.html": (
            "partita/forms/attrs.html", f"{_WIDGETS}input.html", f"{_WIDGETS}{option}.html", f"{_WIDGETS}buttons.html",
        )
        for kind, option in (("radio", "radio_option"), ("checkbox_select", "checkbox_option"))
    },
    **dict.fromkeys(
        (f"{_WIDGETS}{name}.html" for name in (
            "multiwidget", "splitdatetime", "splithiddendatetime", "select_date", "multiple_hidden",
        )),
        (*WIDGETS, "partita/forms/attrs.html"),
    ),
}  # fmt: skip
"""Which other templates each one includes: if a project has its own of one of them, the engine must render the whole."""


class BaseRenderer(ABC):
    """Renders the templates of forms, fields and widgets. Subclasses define `render`.

    The attributes say what forms and fields look like that do not choose a template themselves.
    """

    form_template_name: str = "partita/forms/div.html"
    formset_template_name: str = "partita/forms/formsets/div.html"
    field_template_name: str = "partita/forms/field.html"
    bound_field_class: type[Any] | None = None
    """Instead of `BoundField`."""

    @abstractmethod
    def render(self, template_name: str, context: Mapping[str, object], request: object = None) -> str:
        """Return the template rendered with ``context``.

        Raises:
            LookupError: If there is no such template.
        """

    def direct(self, template_name: str) -> Writer | None:
        """Return what writes this template without an engine, or None if `render` must do it.

        The default is None for all: who writes a renderer sees every template.
        """
        return None

    def write(self, template_name: str, context: Mapping[str, object]) -> str:
        """Return the template rendered, without an engine where that gives the same."""
        direct = self.direct(template_name)
        return self.render(template_name, context) if direct is None else direct(context)


class DirectRenderer(BaseRenderer):
    """Writes the templates of this package without any engine; others are left to the engine of the current application."""

    def direct(self, template_name: str) -> Writer | None:
        """Return what writes this template."""
        return BUILT_IN.get(template_name)

    def render(self, template_name: str, context: Mapping[str, object], request: object = None) -> str:
        """Return the template rendered.

        Raises:
            FormTemplateError: If it is none of this package, and there is no application with an engine.
        """
        write = BUILT_IN.get(template_name)
        if write is not None:
            return write(context)
        engine = find(ENGINE)
        if engine is None:
            raise FormTemplateError(template_name)
        return engine.render(template_name, context, request)


class TemplatesRenderer(BaseRenderer):
    """Renders templates with an engine; those of this package without it, unless the engine finds others of the same name.

    Args:
        engine: Such as `partita.templates.Engine`, with the folder `TEMPLATES` as the last of its folders: so a project's
            own ``partita/forms/widgets/input.html`` or ``partita/forms/field.html`` replaces the one here.
    """

    folder: Path = TEMPLATES

    def __init__(self, engine: TemplateEngine) -> None:
        self.engine = engine
        self._known: dict[str, Writer | None] = {}

    def direct(self, template_name: str) -> Writer | None:
        """Return what writes this template, if neither it nor one that it includes is the project's own."""
        if template_name not in BUILT_IN:
            return None
        if getattr(self.engine, "debug", False):  # templates may come and go while somebody works on them
            return self._direct(template_name)
        try:
            return self._known[template_name]
        except KeyError:
            found = self._known[template_name] = self._direct(template_name)
            return found

    def render(self, template_name: str, context: Mapping[str, object], request: object = None) -> str:
        """Return the template rendered by the engine."""
        return self.engine.render(template_name, context, request)

    def _direct(self, template_name: str) -> Writer | None:
        names = (template_name, *_INCLUDES[template_name])
        return None if any(map(self._is_own, names)) else BUILT_IN[template_name]

    def _is_own(self, template_name: str) -> bool:
        find_template = getattr(self.engine, "get_template", None)
        if find_template is None:
            return False
        try:
            template = find_template(template_name)
        except LookupError:
            return False
        return not _file_of(template).startswith(str(self.folder))


class Jinja2Renderer(TemplatesRenderer):
    """Renders templates with Jinja2; those of this package without it, unless the environment has its own.

    Args:
        environment: A `jinja2.Environment`. The folder `JINJA2_TEMPLATES` is looked in after its own loader, and HTML is
            escaped whatever the environment says.
    """

    folder = JINJA2_TEMPLATES

    def __init__(self, environment: Any) -> None:
        from jinja2 import ChoiceLoader, FileSystemLoader  # an extra

        own = FileSystemLoader(JINJA2_TEMPLATES)
        loader = own if environment.loader is None else ChoiceLoader([environment.loader, own])
        super().__init__(_Jinja2Engine(environment.overlay(loader=loader, autoescape=True)))


class _Jinja2Engine:
    """An environment of Jinja2 with the methods of `TemplateEngine`."""

    def __init__(self, environment: Any) -> None:
        self.environment, self.debug = environment, bool(environment.auto_reload)

    def get_template(self, name: str) -> Any:
        return self.environment.get_template(name)

    def render(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        return str(self.get_template(name).render({**(context or {}), "request": request}))

    async def arender(self, name: str, context: Mapping[str, object] | None = None, request: object = None) -> str:
        return self.render(name, context, request)


def _file_of(template: Any) -> str:
    """Return where a template is from, as the engines of partita, Jinja2 and Django tell it."""
    source = getattr(template, "source", None)
    if isinstance(filename := getattr(source, "filename", None), str):
        return filename
    if isinstance(filename := getattr(template, "filename", None), str):
        return filename
    return str(getattr(getattr(template, "origin", None), "name", ""))


FORM_RENDERER: Final = Key[BaseRenderer]("partita.forms.renderer")
"""What renders the forms of an application that do not choose a renderer themselves."""

_DIRECT: Final = DirectRenderer()


def renderer_of(chosen: BaseRenderer | type[BaseRenderer] | None) -> BaseRenderer:
    """Return the renderer that a class has chosen, made or as a class, else `default_renderer`."""
    return chosen() if isinstance(chosen, type) else chosen or default_renderer()


def default_renderer() -> BaseRenderer:
    """Return the renderer of the current application, or one that needs no engine."""
    return find(FORM_RENDERER) or _DIRECT
