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
from partita.admin.options import Action, Fieldset, ModelAdmin
from partita.admin.sites import AdminSite, register, site
from partita.admin.users import UserAdmin

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
    "ModelAdmin",
    "NotRegistered",
    "OptionsError",
    "RelatedFilter",
    "SimpleListFilter",
    "UserAdmin",
    "ValuesFilter",
    "action",
    "display",
    "register",
    "site",
)
