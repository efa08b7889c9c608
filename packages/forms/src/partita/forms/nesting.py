"""Forms that hold sets of forms, to any depth: an artist with albums, each with its tracks."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from markupsafe import Markup

from partita.forms.form import BaseForm, Form
from partita.forms.formsets import BaseFormSet
from partita.forms.media import Media

if TYPE_CHECKING:
    from partita.forms.renderers import BaseRenderer

__all__ = ("NestedForm", "NestingMixin")


class NestingMixin(BaseForm):
    """Sets of forms as parts of a form: valid if all are, changed if one is, shown below its fields.

    ``formset_classes`` names them. Their forms may have sets themselves.
    """

    formset_classes: ClassVar[Mapping[str, type[BaseFormSet[Any]]]] = {}

    _formsets: dict[str, BaseFormSet[Any]] | None = None

    @property
    def formsets(self) -> dict[str, BaseFormSet[Any]]:
        """The sets by name; the names in HTML begin with it."""
        if self._formsets is None:
            self._formsets = {
                name: kind(**self.get_formset_kwargs(name)) for name, kind in self.formset_classes.items()
            }
        return self._formsets

    def get_formset_kwargs(self, name: str) -> dict[str, Any]:
        """Return the arguments for the set called ``name``."""
        arguments: dict[str, Any] = {
            "auto_id": self.auto_id,
            "prefix": self.add_prefix(name),
            "error_class": self.error_class,
            "renderer": self.renderer,
        }
        if self.is_bound:
            arguments |= {"data": self.data, "files": self.files}
        return arguments

    @property
    def adds_form(self) -> bool:
        """True if the button for one more form was pressed, in one of the sets or below."""
        return any(
            formset.adds_form or any(isinstance(form, NestingMixin) and form.adds_form for form in formset.forms)
            for formset in self.formsets.values()
        )

    def is_valid(self) -> bool:
        """Tell whether the form and all its sets are valid; not if only one more form was asked for."""
        if self.is_bound and self.adds_form:
            self.skip_validation()
            return False
        valid = [super().is_valid(), *(formset.is_valid() for formset in self.formsets.values() if self._counts())]
        return all(valid)

    async def ais_valid(self) -> bool:
        """Async twin of `is_valid`."""
        if self.is_bound and self.adds_form:
            self.skip_validation()
            return False
        valid = [await super().ais_valid()]
        if self._counts():
            valid += [await formset.ais_valid() for formset in self.formsets.values()]
        return all(valid)

    def has_changed(self) -> bool:
        """Tell whether anything was changed, here or in one of the sets."""
        return super().has_changed() or any(formset.has_changed() for formset in self.formsets.values())

    def skip_validation(self) -> None:
        """Show what was sent without validating it, here and in all sets."""
        super().skip_validation()
        for formset in self.formsets.values():
            formset.skip_validation()

    def is_multipart(self) -> bool:
        """Tell whether the ``<form>`` needs ``enctype="multipart/form-data"``."""
        return super().is_multipart() or any(formset.is_multipart() for formset in self.formsets.values())

    @property
    def media(self) -> Media:
        """The scripts and style sheets that the controls need, here and in the sets."""
        media = super().media
        for formset in self.formsets.values():
            media += formset.media
        return media

    def render(
        self,
        template_name: str | None = None,
        context: Mapping[str, Any] | None = None,
        renderer: "BaseRenderer | None" = None,
    ) -> Markup:
        """Return the HTML of the fields, and the sets as rows below."""
        html = super().render(template_name, context, renderer)
        layouts = {
            None, self.template_name, self.template_name_div, self.template_name_p, self.template_name_table,
            self.template_name_ul,
        }  # fmt: skip
        if template_name not in layouts:
            return html
        rows = (formset.as_rows(self.formset_name(name)) for name, formset in self.formsets.items())
        return Markup("\n").join([html, *rows])

    def formset_name(self, name: str) -> str:
        """Return what one form of the set called ``name`` is called; made of the class of its forms unless overridden."""
        model = getattr(self.formsets[name], "model", None)
        if model is not None:
            shown = str(model._meta.verbose_name)
            return shown[:1].upper() + shown[1:]
        return self.formsets[name].form.__name__.removesuffix("Form")

    def _counts(self) -> bool:
        """Tell whether the sets are validated: not those of a form that may stay empty and did."""
        return self.is_bound and not (self.empty_permitted and not self.has_changed())


class NestedForm(NestingMixin, Form):
    """A form with sets of forms; ``formset_classes`` names them."""
