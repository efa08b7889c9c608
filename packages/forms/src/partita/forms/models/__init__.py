"""Forms and sets of forms made of models. Needs the extra ``orm``."""

from partita.forms.models.choices import (
    ModelChoiceField,
    ModelChoiceIterator,
    ModelChoiceValue,
    ModelMultipleChoiceField,
)
from partita.forms.models.fields import FormFieldMixin, RelatedModelError, default_formfield, formfield
from partita.forms.models.forms import (
    ALL_FIELDS,
    BaseModelForm,
    ModelForm,
    ModelFormError,
    ModelFormOptions,
    ModelMissingError,
    UnknownFieldError,
    construct_instance,
    fields_for_model,
    model_to_dict,
    modelform_factory,
)
from partita.forms.models.inline_formsets import (
    BaseInlineFormSet,
    InlineForeignKeyField,
    InlineRelationError,
    inlineformset_factory,
)
from partita.forms.models.row_formsets import BaseModelFormSet, modelformset_factory

__all__ = (
    "ALL_FIELDS",
    "BaseInlineFormSet",
    "BaseModelForm",
    "BaseModelFormSet",
    "FormFieldMixin",
    "InlineForeignKeyField",
    "InlineRelationError",
    "ModelChoiceField",
    "ModelChoiceIterator",
    "ModelChoiceValue",
    "ModelForm",
    "ModelFormError",
    "ModelFormOptions",
    "ModelMissingError",
    "ModelMultipleChoiceField",
    "RelatedModelError",
    "UnknownFieldError",
    "construct_instance",
    "default_formfield",
    "fields_for_model",
    "formfield",
    "inlineformset_factory",
    "model_to_dict",
    "modelform_factory",
    "modelformset_factory",
)
