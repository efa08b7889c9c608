"""Forms: declared fields, what was sent for them, and what became of it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time
from types import CoroutineType, MappingProxyType
from typing import Any, ClassVar, Final

from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.forms.bound import BoundField
from partita.forms.cleaning import Steps, clean_fields, is_awaitable, reads_plainly
from partita.forms.data import FormData
from partita.forms.error_lists import ErrorDict, ErrorList
from partita.forms.errors import AsyncCleanError, FieldNameError
from partita.forms.fields import Field, FieldDict
from partita.forms.media import Media, add_media
from partita.forms.renderers import BaseRenderer, renderer_of
from partita.forms.rendering.contexts import form_context, summary_context
from partita.forms.rendering.renderable import RenderableForm
from partita.forms.widgets import Widget
from partita.validation import NON_FIELD_ERRORS, Message, MessageSource, ValidationError

__all__ = ("BaseForm", "Form")

_LABEL_SUFFIX: Final = gettext_lazy(":")


class BaseForm(RenderableForm):
    """Everything about forms except the collecting of declared fields.

    Args:
        data: What was sent: a multi dict, a mapping, or a mapping of lists. None for a form that was not sent.
        files: The files sent; the default is ``data.files``, if there is such a thing.
        auto_id: The ``id`` of controls, with ``%s`` for the name; True for the name itself, False for none.
        prefix: Goes before each name, with a hyphen, so that several forms fit on one page.
        initial: Values shown at first, or functions that return them, by name; they win over those of the fields.
        error_class: Instead of `ErrorList`.
        label_suffix: What stands behind labels; the default is a colon.
        empty_permitted: A form in which nothing was changed is valid.
        field_order: Names of fields in the order to show them; others follow.
        use_required_attribute: Let browsers insist on required fields; the default is that of the class.
        bound_field_class: Instead of `BoundField`.
        renderer: Instead of ``default_renderer`` of the class, or that of the current application.
    """

    template_name_div = "partita/forms/div.html"
    template_name_p = "partita/forms/p.html"
    template_name_table = "partita/forms/table.html"
    template_name_ul = "partita/forms/ul.html"
    template_name_label = "partita/forms/label.html"

    base_fields: ClassVar[dict[str, Field]] = {}
    default_renderer: BaseRenderer | type[BaseRenderer] | None = None
    renderer: BaseRenderer
    prefix: str | None = None
    field_order: Iterable[str] | None = None
    use_required_attribute: bool = True
    error_css_class: str = ""
    required_css_class: str = ""
    bound_field_class: type[BoundField] | None = None

    data_errors: Mapping[str, ValidationError] = MappingProxyType({})
    """What is wrong with the data itself, by field, such as a value of another JSON type."""

    # What a field gives is known to the form, not to the type checker; `object` would make every use a cast.
    cleaned_data: dict[str, Any]
    """The values of valid fields. It is there once the form was validated."""

    def __init__(
        self,
        data: FormData | None = None,
        files: FormData | None = None,
        auto_id: str | bool | None = "id_%s",
        prefix: str | None = None,
        initial: Mapping[str, object] | None = None,
        error_class: type[ErrorList] = ErrorList,
        label_suffix: Message | None = None,
        empty_permitted: bool = False,
        field_order: Iterable[str] | None = None,
        use_required_attribute: bool | None = None,
        bound_field_class: type[BoundField] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> None:
        self.is_bound = data is not None or files is not None
        self.data: FormData = {} if data is None else data
        self.files: FormData = (getattr(data, "files", None) or {}) if files is None else files
        self.auto_id, self.error_class, self.empty_permitted = auto_id, error_class, empty_permitted
        self.initial: dict[str, object] = dict(initial or {})
        self.label_suffix: Message = _LABEL_SUFFIX if label_suffix is None else label_suffix
        if prefix is not None:
            self.prefix = prefix
        if use_required_attribute is not None:
            self.use_required_attribute = use_required_attribute
        if renderer is None:
            renderer = renderer_of(self.default_renderer)
        self.renderer = renderer  # pyright: ignore[reportIncompatibleVariableOverride] - a form always has one
        if bound_field_class is not None:
            self.bound_field_class = bound_field_class
        elif self.bound_field_class is None:
            self.bound_field_class = renderer.bound_field_class
        if empty_permitted and self.use_required_attribute:
            raise ValueError(
                "A form that may stay empty must not be required by browsers: use_required_attribute=False."
            )
        self._found: list[tuple[str, ValidationError]] | None = None  # None until the form was validated
        self._error_dict: ErrorDict | None = None  # made of what was found once somebody looks
        self._bound_fields: dict[str, BoundField] = {}
        self.fields: dict[str, Field] = FieldDict(self.base_fields)
        self.order_fields(self.field_order if field_order is None else field_order)

    # -- validation ----------------------------------------------------------------------------------------------

    def is_valid(self) -> bool:
        """Tell whether the form was sent and has no errors.

        Raises:
            AsyncCleanError: If a hook is async.
        """
        if not self.is_bound:
            return False
        if type(self).errors is not BaseForm.errors:
            return not self.errors
        if self._found is None:
            self.full_clean()
        return not self._found and not self._error_dict

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`, in which ``clean_<field>`` and ``clean`` may be async."""
        validation = self._avalidate()
        for field in self.fields.values():
            if type(field).drive is not Field.drive:
                return await field.drive(validation)
        return await validation

    async def aload(self) -> None:
        """Load what fields need and only async code can give, such as choices, before an unbound form is shown."""
        for field in self.fields.values():
            if not field.is_loaded:
                await field.aload()

    @property
    def errors(self) -> ErrorDict:
        """The errors by field. The first look validates."""
        if self._found is None:
            self.full_clean()
        errors = self._errors
        return ErrorDict() if errors is None else errors

    @property
    def _errors(self) -> ErrorDict | None:
        """The errors, None until the form was validated. Lists and texts are made by the first look: many only ask if there are any."""
        found, errors = self._found, self._error_dict
        if found is None:
            return None
        if errors is None:
            errors = self._error_dict = ErrorDict(renderer=self.renderer)
        if found:
            self._found = []
            for name, error in found:
                if name not in errors:
                    errors[name] = self._empty_errors(name)
                errors[name].extend(error.single_errors())
        return errors

    @_errors.setter
    def _errors(self, errors: ErrorDict | None) -> None:
        self._error_dict, self._found = errors, None if errors is None else []

    def full_clean(self) -> None:
        """Validate everything anew."""
        steps = self._cleaning()
        try:
            for hook, waiting in steps:
                if isinstance(waiting, CoroutineType):
                    waiting.close()
                raise AsyncCleanError(type(self).__name__, hook)
        except BaseException:  # a mistake in a hook: half a validation counts for nothing
            steps.close()
            self._errors = None
            raise

    def skip_validation(self) -> None:
        """Show what was sent without validating it, as if it had no errors and no values."""
        self._errors, self.cleaned_data = ErrorDict(), {}

    def clean(self) -> object:
        """Validate what concerns several fields; may be async.

        Returns:
            ``cleaned_data``, or another; None keeps it as well.

        Raises:
            ValidationError: For the whole form, or for fields by name.
        """
        return self.cleaned_data

    def add_error(self, field: str | None, error: MessageSource) -> None:
        """Add an error, and take the field out of ``cleaned_data``.

        Args:
            field: The name of the field, None for the whole form.
            error: A text, a `ValidationError`, or a list of these; a mapping by field only if ``field`` is None.

        Raises:
            TypeError: If a field is named twice.
            FieldNameError: If there is no such field.
        """
        found = error if isinstance(error, ValidationError) else ValidationError(error)
        if self._found is None:
            self.full_clean()
        if not hasattr(found, "error_dict"):
            self._add_error(field or NON_FIELD_ERRORS, found)
        elif field is not None:
            raise TypeError("Errors by field name their fields themselves: the first argument must be None.")
        else:
            for name, several in found.error_dict.items():
                self._add_error(name, ValidationError(several))

    def _add_error(self, name: str, error: ValidationError) -> None:
        if name not in self.fields and name != NON_FIELD_ERRORS:
            raise FieldNameError(type(self).__name__, str(name), tuple(self.fields))
        if self._found is None:
            self._found = []
        self._found.append((name, error))
        self.cleaned_data.pop(name, None)

    def has_error(self, field: str | None, code: str | None = None) -> bool:
        """Tell whether ``field`` (None for the whole form) has an error, or one with ``code``."""
        found = self.errors.get(field or NON_FIELD_ERRORS)
        if found is None:
            return False
        return code is None or any(error.code == code for error in found.as_data())

    def non_field_errors(self) -> ErrorList:
        """Return the errors of the whole form."""
        found = self.errors.get(NON_FIELD_ERRORS)
        return self.error_class(error_class="nonfield", renderer=self.renderer) if found is None else found

    def has_changed(self) -> bool:
        """Tell whether anything sent is another value than the initial one."""
        if type(self).changed_data is not BaseForm.changed_data:
            return bool(self.changed_data)
        return any(map(self._is_changed, list(self.fields)))

    @property
    def changed_data(self) -> list[str]:
        """The names of fields whose value is another than the initial one."""
        return list(filter(self._is_changed, list(self.fields)))

    def _is_changed(self, name: str) -> bool:
        fields = self.fields
        field = fields.peek(name) if isinstance(fields, FieldDict) else fields[name]
        initial = self.initial.get(name, field.initial)
        if (
            callable(initial)  # the bound field keeps what it returned
            or field.show_hidden_initial
            or self.bound_field_class is not None
            or type(self).sent_value is not BaseForm.sent_value
            or type(self).get_initial_for_field is not BaseForm.get_initial_for_field
            or not reads_plainly(field)
        ):
            return self[name].has_changed()
        sent = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
        return field.has_changed(initial and self.get_initial_for_field(field, name), sent)

    # -- names and values ----------------------------------------------------------------------------------------

    def add_prefix(self, name: str) -> str:
        """Return the name that a field has in HTML."""
        return f"{self.prefix}-{name}" if self.prefix else name

    def add_initial_prefix(self, name: str) -> str:
        """Return the name that the initial value of a field has in HTML."""
        return f"initial-{self.add_prefix(name)}"

    def auto_id_of(self, name: str) -> str:
        """Return the ``id`` that the form gives to the control of a field, or nothing."""
        auto_id, html_name = self.auto_id, self.add_prefix(name)
        if isinstance(auto_id, str) and "%s" in auto_id:
            return auto_id.replace("%s", html_name)
        return html_name if auto_id else ""

    def sent_value(self, widget: Widget, html_name: str) -> object:
        """Return what was sent for a control."""
        return widget.value_from_datadict(self.data, self.files, html_name)

    def get_initial_for_field(self, field: Field, name: str) -> object:
        """Return the initial value of a field, without microseconds where the control does not show them."""
        value = self.initial.get(name, field.initial)
        if callable(value):
            value = value()
        if isinstance(value, (datetime, time)) and not field.widget.supports_microseconds:
            return value.replace(microsecond=0)
        return value

    def order_fields(self, field_order: Iterable[str] | None) -> None:
        """Put fields in the order of names given; others follow, unknown names do not matter."""
        if field_order is not None:
            known = [name for name in field_order if name in self.fields]
            if isinstance(self.fields, FieldDict):
                self.fields.arrange(known)
            else:
                self.fields = {name: self.fields[name] for name in dict.fromkeys([*known, *self.fields])}

    def hidden_fields(self) -> list[BoundField]:
        """Return the fields that are not seen."""
        return [field for field in self if field.is_hidden]

    def visible_fields(self) -> list[BoundField]:
        """Return the fields that are seen."""
        return [field for field in self if not field.is_hidden]

    def is_multipart(self) -> bool:
        """Tell whether the ``<form>`` needs ``enctype="multipart/form-data"``."""
        return any(field.widget.needs_multipart_form for field in self.fields.values())

    def __iter__(self) -> Iterator[BoundField]:
        return (self[name] for name in self.fields)

    def __getitem__(self, name: str) -> BoundField:
        bound = self._bound_fields.get(name)
        field = self.fields.get(name)
        if field is None:
            raise FieldNameError(type(self).__name__, str(name), tuple(self.fields))
        if bound is None or bound.field is not field:
            bound = self._bound_fields[name] = field.get_bound_field(self, name)
        return bound

    # -- HTML ----------------------------------------------------------------------------------------------------

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        add_media(cls)

    @property
    def media(self) -> Media:
        """The scripts and style sheets that the controls need; ``class Media`` of a form adds its own."""
        media = Media()
        for field in self.fields.values():
            media += field.widget.media
        return media

    @property
    def template_name(self) -> str:  # type: ignore[override]  # it depends on the renderer; subclasses may assign one
        """The template of ``{{ form }}``: that of the renderer, unless a subclass chooses another."""
        return self.renderer.form_template_name

    def get_context(self) -> dict[str, Any]:
        """Return what the templates of the form get."""
        return form_context(self)

    def error_summary(self, heading: Message | None = None) -> Markup:
        """Return a list of all errors with links to their controls, to stand above the form; nothing without errors.

        Args:
            heading: Instead of "There is a problem".
        """
        return self.render("partita/forms/errors/summary.html", summary_context(self, heading))

    def __repr__(self) -> str:
        valid = "unknown" if self._found is None else str(self.is_bound and not self._errors)
        names = ";".join(self.fields)
        return f"<{type(self).__name__} bound={self.is_bound}, valid={valid}, fields=({names})>"

    # -- how it is done ------------------------------------------------------------------------------------------

    async def _avalidate(self) -> bool:
        if self._found is None:
            steps = self._cleaning()
            try:
                _, waiting = next(steps)
                while True:
                    try:
                        result = await waiting
                    except ValidationError as error:
                        _, waiting = steps.throw(error)
                    else:
                        _, waiting = steps.send(result)
            except StopIteration:
                pass
            except BaseException:  # cancelled, or a mistake in a hook: half a validation counts for nothing
                steps.close()
                self._errors = None
                raise
        return self.is_valid()

    def _cleaning(self) -> Steps:
        self._found, self._error_dict = [], None
        if not self.is_bound:
            return
        self.cleaned_data = {}
        if self.empty_permitted and not self.has_changed():
            return
        yield from self._clean_fields() or ()
        for name, error in self.data_errors.items():
            # What was no value at all was not missing.
            self._found = [one for one in self._found or () if one[0] != name]
            self.add_error(name, error)
        kind = type(self)
        if kind.clean is not BaseForm.clean or kind._clean_form is not BaseForm._clean_form:
            yield from self._clean_form() or ()  # see above
        if kind._post_clean is not BaseForm._post_clean:
            yield from self._post_clean() or ()

    # Subclasses that know Django's forms return nothing from these three, which is as good as no steps.

    def _clean_fields(self) -> Steps | None:
        kind = type(self)
        plain = self.bound_field_class is None and kind.sent_value is BaseForm.sent_value
        prefix = f"{self.prefix}-" if self.prefix else ""
        return clean_fields(self, plain, prefix if kind.add_prefix is BaseForm.add_prefix else None)

    def _clean_form(self) -> Steps:
        try:
            result = self.clean()
            if is_awaitable(result):
                result = yield ("clean", result)
        except ValidationError as error:
            self.add_error(None, error)
        else:
            if isinstance(result, dict):
                self.cleaned_data = result

    def _post_clean(self) -> Steps | None:
        """Validate further, for subclasses such as ModelForm."""
        return None

    def _empty_errors(self, name: str) -> ErrorList:
        if name == NON_FIELD_ERRORS:
            return self.error_class(error_class="nonfield", renderer=self.renderer)
        known = self.bound_field_class is None and name in self.fields
        field_id = self.auto_id_of(name) if known else self[name].auto_id
        return self.error_class(renderer=self.renderer, field_id=field_id or None)


class Form(BaseForm):
    """A form whose fields are declared as class attributes.

    Subclasses inherit the fields of all their base forms; ``name = None`` takes one out.
    """

    declared_fields: ClassVar[dict[str, Field]] = {}

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        collect_fields(cls)


def collect_fields(cls: type[BaseForm]) -> dict[str, Field]:
    """Take the fields out of the class body, put them together with those of the bases, and return them.

    Args:
        cls: A form class that was just made.
    """
    own = {name: value for name, value in vars(cls).items() if isinstance(value, Field)}
    for name in own:
        delattr(cls, name)
    fields: dict[str, Field] = {}
    for base in reversed(cls.__mro__[1:]):
        fields |= vars(base).get("declared_fields", {})
        for name, value in vars(base).items():
            if value is None:
                fields.pop(name, None)
    fields |= own
    for name, value in vars(cls).items():
        if value is None:
            fields.pop(name, None)
    cls.declared_fields = fields  # type: ignore[attr-defined]  # Form and ModelForm have it
    cls.base_fields = fields
    return fields
