"""Controls for files."""

from collections.abc import Mapping
from typing import Any, ClassVar

from partita.contracts.i18n import gettext_lazy
from partita.forms.data import FormData, has_value, one_value, value_list
from partita.forms.uploads import adapted
from partita.forms.widgets.inputs import CheckboxInput, Input
from partita.validation import Message

__all__ = ("ClearableFileInput", "FileInput")


class FileInput(Input):
    """A file.

    Args:
        attrs: Attributes of the element.

    Raises:
        ValueError: If it shall take several files, and the class does not say ``allow_multiple_selected``.
    """

    input_type = "file"
    template_name = "partita/forms/widgets/file.html"
    needs_multipart_form = True
    allow_multiple_selected: ClassVar[bool] = False

    def __init__(self, attrs: Mapping[str, object] | None = None) -> None:
        super().__init__(attrs)
        several = self.attrs.get("multiple")
        if several and not self.allow_multiple_selected:
            # A field that looks at one file would let all others through unchecked (CVE-2023-31047).
            raise ValueError(
                f"{type(self).__name__} doesn't support uploading multiple files. It takes one file: use "
                "MultipleFileField, which checks each one."
            )
        if self.allow_multiple_selected and several is None:
            self.attrs["multiple"] = True

    def format_value(self, value: object) -> object:
        """Return None: browsers do not take a file from the page."""
        return None

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the file, or the list of files if several are allowed."""
        return adapted(value_list(files, name) if self.allow_multiple_selected else one_value(files, name))

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether no file was sent."""
        return not has_value(files, name)

    def use_required_attribute(self, initial: object) -> bool:
        """Return False if there is a file already."""
        return super().use_required_attribute(initial) and not initial


class ClearableFileInput(FileInput):
    """A file, with a link to the present one and a box to remove it."""

    template_name = "partita/forms/widgets/clearable_file_input.html"
    initial_text: Message = gettext_lazy("Currently")
    input_text: Message = gettext_lazy("Change")
    clear_checkbox_label: Message = gettext_lazy("Clear")
    checked = False
    """Whether the box was ticked in what was sent."""

    CONTRADICTION: ClassVar[object] = object()
    """The value if somebody both sent a file and ticked the box."""

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with the present file and what the box is called."""
        context = super().get_context(name, value, attrs)
        context["widget"].update(
            checkbox_name=self.clear_checkbox_name(name),
            checkbox_id=self.clear_checkbox_id(name),
            is_initial=self.is_initial(value),
            input_text=self.input_text,
            initial_text=self.initial_text,
            clear_checkbox_label=self.clear_checkbox_label,
            checked=self.checked,
        )
        return context

    def is_initial(self, value: object) -> bool:
        """Tell whether ``value`` is a file that can be linked: it has a ``url`` that is no script."""
        if not value:
            return False  # the file of a row that has none raises where its address is asked for
        url = getattr(value, "url", None)
        return isinstance(url, str) and url.lower().startswith(("http://", "https://", "/"))

    def format_value(self, value: object) -> object:
        """Return the present file, if there is one."""
        return value if self.is_initial(value) else None

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the file, None, False to remove the present file, or `CONTRADICTION`."""
        upload = super().value_from_datadict(data, files, name)
        self.checked = bool(CheckboxInput().value_from_datadict(data, files, self.clear_checkbox_name(name)))
        if self.is_required or not self.checked:
            return upload
        return self.CONTRADICTION if upload else False

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether neither a file nor the box was sent."""
        return super().value_omitted_from_data(data, files, name) and not has_value(
            data, self.clear_checkbox_name(name)
        )

    def clear_checkbox_name(self, name: str) -> str:
        """Return the name of the box."""
        return f"{name}-clear"

    def clear_checkbox_id(self, name: str) -> str:
        """Return the ``id`` of the box."""
        return f"{name}-clear_id"
