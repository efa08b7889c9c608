"""Flat pages in the administration; loaded by applications that have it."""

from partita.admin import ModelAdmin, register
from partita.flatpages.forms import FlatPageForm
from partita.flatpages.models import FlatPage

__all__ = ("FlatPageAdmin",)


@register(FlatPage)
class FlatPageAdmin(ModelAdmin):
    """Pages with their URL."""

    form = FlatPageForm
    list_display = ("url", "title")
    list_filter = ("sites", "registration_required")
    search_fields = ("url", "title")
