"""Gives an application the renderer of its forms, and their templates and static files."""

from importlib import import_module
from pathlib import Path

import msgspec

from partita.contracts.app import Registrar
from partita.contracts.static import STATIC_DIRS
from partita.contracts.templates import TEMPLATE_DIRS, TEMPLATES
from partita.forms.errors import RendererSettingError
from partita.forms.renderers import FORM_RENDERER, BaseRenderer, DirectRenderer, TemplatesRenderer
from partita.forms.renderers import TEMPLATES as OWN_TEMPLATES

__all__ = ("FormsSettings", "setup")


class FormsSettings(msgspec.Struct, frozen=True):
    """The section ``forms`` of the settings.

    Args:
        renderer: ``templates`` for the application's templates, so that a project's own ``partita/forms/field.html`` replaces
            the one here; ``direct`` for no templates at all; or the dotted name of a subclass of `BaseRenderer` that can
            be made without arguments.
    """

    renderer: str = "templates"


def setup(app: Registrar) -> None:
    """Provide the renderer of forms, and the folders of this package's templates and static files."""
    settings = app.section("forms", FormsSettings)
    app.add(TEMPLATE_DIRS, OWN_TEMPLATES)
    app.add(STATIC_DIRS, Path(__file__).with_name("static"))
    app.provide(FORM_RENDERER, lambda: _renderer(app, settings.renderer))


def _renderer(app: Registrar, name: str) -> BaseRenderer:
    if name == "templates":
        engine = app.find(TEMPLATES)
        return DirectRenderer() if engine is None else TemplatesRenderer(engine)
    if name == "direct":
        return DirectRenderer()
    module, _, kind = name.rpartition(".")
    try:
        made = getattr(import_module(module), kind)
    except (ImportError, AttributeError, ValueError) as error:
        raise RendererSettingError(name, f"cannot be imported: {error}") from error
    if not isinstance(made, type) or not issubclass(made, BaseRenderer):
        raise RendererSettingError(name, "is no subclass of partita.forms.BaseRenderer")
    return made()
