"""Fields for files."""

from typing import Any, Protocol, runtime_checkable

from partita.contracts.i18n import gettext_lazy
from partita.forms.fields.base import Field
from partita.forms.widgets import ClearableFileInput, Widget
from partita.validation import FileExtensionValidator, ngettext_lazy

__all__ = ("FileField", "MultipleFileField", "MultipleFileInput", "Upload")


@runtime_checkable
class Upload(Protocol):
    """A file that was sent, as `partita.http.UploadedFile` is."""

    @property
    def name(self) -> str | None: ...

    @property
    def size(self) -> int | None: ...


class FileField(Field):
    """A file. What is in it is for validators to say; its name is not to be trusted.

    Args:
        max_length: Characters of the file's name.
        allow_empty_file: Accept a file without content.
        max_size: Bytes.
        allowed_extensions: Without the dot.
        **kwargs: As for `Field`.
    """

    widget: Widget = ClearableFileInput()
    default_error_messages = {
        "invalid": gettext_lazy("No file was submitted. Check the encoding type on the form."),
        "missing": gettext_lazy("No file was submitted."),
        "empty": gettext_lazy("The submitted file is empty."),
        "max_length": ngettext_lazy(
            "Ensure this filename has at most %(max)d character (it has %(length)d).",
            "Ensure this filename has at most %(max)d characters (it has %(length)d).",
            "max",
        ),
        "max_size": gettext_lazy("Ensure this file has at most %(max)d bytes (it has %(size)d)."),
        "contradiction": gettext_lazy("Please either submit a file or check the clear checkbox, not both."),
    }

    def __init__(
        self,
        *,
        max_length: int | None = None,
        allow_empty_file: bool = False,
        max_size: int | None = None,
        allowed_extensions: tuple[str, ...] | None = None,
        **kwargs: Any,
    ) -> None:
        self.max_length, self.allow_empty_file, self.max_size = max_length, allow_empty_file, max_size
        super().__init__(**kwargs)
        if allowed_extensions is not None:
            self.validators.append(FileExtensionValidator(allowed_extensions))

    def to_python(self, value: object) -> object:
        """Return the file, or None."""
        if self.is_empty(value):
            return None
        if not isinstance(value, Upload):
            raise self.error("invalid", value=value)
        name, size = value.name, value.size
        if not name:
            raise self.error("invalid", value=value)
        if self.max_length is not None and len(name) > self.max_length:
            raise self.error("max_length", max=self.max_length, length=len(name), value=value)
        if not self.allow_empty_file and not size:
            raise self.error("empty", value=value)
        if self.max_size is not None and (size or 0) > self.max_size:
            raise self.error("max_size", max=self.max_size, size=size, value=value)
        return value

    def clean(self, value: object, initial: object = None) -> object:
        """Return the new file; the present one if none was sent; False if the present one shall go.

        Args:
            value: What the widget found.
            initial: The present file.
        """
        if value is ClearableFileInput.CONTRADICTION:
            raise self.error("contradiction")
        if value is False:
            if not self.required:
                return False
            value = None
        if not value and initial:
            return initial
        return super().clean(value)

    def clean_with_initial(self, value: object, initial: object) -> object:
        """Return `clean` of both."""
        return self.clean(value, initial)

    def bound_data(self, data: object, initial: object) -> object:
        """Return the present file: browsers do not show one that was just sent."""
        return initial if data is None or data is ClearableFileInput.CONTRADICTION else data

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether a file was sent, or the present one shall go."""
        return not self.disabled and data is not None


class MultipleFileInput(ClearableFileInput):
    """Several files."""

    allow_multiple_selected = True


class MultipleFileField(FileField):
    """Several files, as a list. Each one is checked as `FileField` checks one.

    Args:
        max_files: How many at most.
        **kwargs: As for `FileField`.
    """

    widget: Widget = MultipleFileInput()
    default_error_messages = {
        "max_files": ngettext_lazy("Submit at most %(max)d file.", "Submit at most %(max)d files.", "max")
    }

    def __init__(self, *, max_files: int | None = None, **kwargs: Any) -> None:
        self.max_files = max_files
        super().__init__(**kwargs)

    def clean(self, value: object, initial: object = None) -> object:
        """Return the list of files."""
        if not isinstance(value, list | tuple) or not value:
            found = super().clean(None if isinstance(value, list | tuple) else value, initial)
            return [] if found is None else found if isinstance(found, list) or found is False else [found]
        if self.max_files is not None and len(value) > self.max_files:
            raise self.error("max_files", max=self.max_files)
        return [super(MultipleFileField, self).clean(one) for one in value]

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether any file was sent."""
        return not self.disabled and bool(data or data is False)
