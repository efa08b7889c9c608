"""An administration site for registered models: `site`, `register`, `ModelAdmin`, filters, actions."""

from partita.admin.decorators import action, display
from partita.admin.errors import AdminError, AlreadyRegistered, NotRegistered, OptionsError
from partita.admin.filters import (
    BooleanFilter,
    ChoicesFilter,
    DateFilter,
    FieldFilter,
    RelatedFilter,
    SimpleListFilter,
    ValuesFilter,
)
from partita.admin.generic_inlines import GenericInlineModelAdmin, GenericStackedInline, GenericTabularInline
from partita.admin.inlines import InlineModelAdmin, StackedInline, TabularInline
from partita.admin.options import Action, Fieldset, ModelAdmin
from partita.admin.sites import AdminSite, register, site
from partita.admin.users import GroupAdmin, UserAdmin

__all__ = (
    "Action",
    "AdminError",
    "AdminSite",
    "AlreadyRegistered",
    "BooleanFilter",
    "ChoicesFilter",
    "DateFilter",
    "FieldFilter",
    "Fieldset",
    "GenericInlineModelAdmin",
    "GenericStackedInline",
    "GenericTabularInline",
    "GroupAdmin",
    "InlineModelAdmin",
    "ModelAdmin",
    "NotRegistered",
    "OptionsError",
    "RelatedFilter",
    "SimpleListFilter",
    "StackedInline",
    "TabularInline",
    "UserAdmin",
    "ValuesFilter",
    "action",
    "display",
    "register",
    "site",
)
