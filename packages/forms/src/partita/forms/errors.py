"""Mistakes in how a form is written or used, as opposed to mistakes in what was sent."""

__all__ = (
    "AsyncChoicesError",
    "AsyncCleanError",
    "FieldNameError",
    "FormTemplateError",
    "FormsError",
    "PillowMissingError",
    "RendererSettingError",
)


class FormsError(Exception):
    """Base of every error this package raises, except `partita.validation.ValidationError`."""


class FieldNameError(FormsError, KeyError):
    """A form has no field of that name."""

    def __init__(self, form: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(form, name, known)
        self.form, self.name, self.known = form, name, known

    def __str__(self) -> str:
        return f"{self.form} has no field {self.name[:80]!r}. It has: {', '.join(sorted(self.known)) or 'none'}."


class AsyncCleanError(FormsError, RuntimeError):
    """A form with an async hook was validated by sync code."""

    def __init__(self, form: str, hook: str) -> None:
        super().__init__(form, hook)
        self.form, self.hook = form, hook

    def __str__(self) -> str:
        return f"{self.form}.{self.hook} is async. Call `await form.ais_valid()` before anything that reads errors."


class AsyncChoicesError(FormsError, RuntimeError):
    """Choices of an async function were needed by sync code, or before they were asked for."""

    def __str__(self) -> str:
        return (
            "These choices come from an async function. Call `await form.ais_valid()` before the form is validated, or "
            "`await form.aload()` before it is shown."
        )


class FormTemplateError(FormsError, LookupError):
    """A form, field or widget names a template, and nothing is set up that could render it."""

    def __init__(self, template_name: str) -> None:
        super().__init__(template_name)
        self.template_name = template_name

    def __str__(self) -> str:
        return (
            f"The template {self.template_name!r} is none of partita.forms, and no template engine is set up for forms. "
            "Add 'partita.forms' to the apps of the application, or give the form a renderer: "
            "TemplatesRenderer(engine) with an engine that has TEMPLATES among its folders."
        )


class RendererSettingError(FormsError, ValueError):
    """The setting ``forms.renderer`` does not name a renderer."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(name, problem)
        self.name, self.problem = name, problem

    def __str__(self) -> str:
        return (
            f"The setting forms.renderer is {self.name[:120]!r}, which {self.problem}. Expected 'templates', 'direct' or "
            "the dotted name of a subclass of partita.forms.BaseRenderer."
        )


class PillowMissingError(FormsError, ImportError):
    """An `ImageField` was made and the library that looks at images is not installed."""

    def __str__(self) -> str:
        return "ImageField needs Pillow to look at images: pip install 'partita-forms[images]'"
