"""Mistakes in how a form is written or used, as opposed to mistakes in what was sent."""

__all__ = ("AsyncCleanError", "FieldNameError", "FormsError")


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
