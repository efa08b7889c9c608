"""Redirects in the administration; loaded by applications that have it."""

from partita.admin import ModelAdmin, register
from partita.redirects.models import Redirect

__all__ = ("RedirectAdmin",)


@register(Redirect)
class RedirectAdmin(ModelAdmin):
    """Redirects with their site."""

    list_display = ("old_path", "new_path")
    list_filter = ("site",)
    search_fields = ("old_path", "new_path")
