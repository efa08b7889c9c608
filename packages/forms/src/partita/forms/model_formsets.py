"""Sets of forms made of rows: of a queryset, or of those that belong to one row. Needs the extra ``orm``."""

from partita.forms.models import (
    BaseInlineFormSet,
    BaseModelFormSet,
    InlineForeignKeyField,
    InlineRelationError,
    inlineformset_factory,
    modelformset_factory,
)

__all__ = (
    "BaseInlineFormSet",
    "BaseModelFormSet",
    "InlineForeignKeyField",
    "InlineRelationError",
    "inlineformset_factory",
    "modelformset_factory",
)
