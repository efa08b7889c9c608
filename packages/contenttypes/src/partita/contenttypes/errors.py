"""Errors of partita.contenttypes."""

__all__ = ("ContentTypesError", "StaleContentType", "UnrelatedRow")


class ContentTypesError(Exception):
    """Base of every error this package raises."""


class StaleContentType(ContentTypesError, LookupError):
    """A content type's model is not there any more."""

    def __init__(self, app_label: str, model: str) -> None:
        super().__init__(app_label, model)
        self.app_label, self.model = app_label, model

    def __str__(self) -> str:
        return (
            f"The content type {self.app_label}.{self.model} has no model. Import the model's module, or remove what is left "
            "of it with `partita remove_stale_contenttypes`."
        )


class UnrelatedRow(ContentTypesError, TypeError):
    """A row was given to a generic relation that holds rows of another model."""
