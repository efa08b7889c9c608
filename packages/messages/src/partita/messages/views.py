"""A message when a form has been saved, for class-based views."""

from collections.abc import Mapping
from typing import Any

from partita.http import Request
from partita.messages.adding import success

__all__ = ("SuccessMessageMixin",)


class SuccessMessageMixin:
    """Stand before a view with a form; it tells `success_message` when the form was right."""

    success_message: Any = ""
    """The text, perhaps lazy, with ``%(name)s`` for what the form has as ``name``; an empty one tells nothing."""

    request: Request

    def form_valid(self, form: Any) -> Any:
        """Answer as the view does, and add the message."""
        response = super().form_valid(form)  # type: ignore[misc]  # the view's, which this class stands before
        message = self.get_success_message(form.cleaned_data)
        if message:
            success(self.request, message)
        return response

    def get_success_message(self, cleaned_data: Mapping[str, Any]) -> str:
        """Return the text, filled with what the form has."""
        return str(self.success_message) % cleaned_data
