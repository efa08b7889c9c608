"""The shop's models in the administration."""

from partita.admin import ModelAdmin, register
from shop.models import Album, Artist, Customer, Employee, Genre, Invoice, InvoiceLine, MediaType, Playlist, Track

__all__ = ()


@register(Artist)
class ArtistAdmin(ModelAdmin):
    """Artists."""

    list_display = ("name",)
    search_fields = ("name",)


@register(Album)
class AlbumAdmin(ModelAdmin):
    """Albums."""

    list_display = ("title", "artist")
    search_fields = ("title", "artist__name")


@register(Track)
class TrackAdmin(ModelAdmin):
    """Tracks."""

    list_display = ("name", "album", "genre", "unit_price")
    search_fields = ("name", "composer", "album__title")
    list_filter = ("genre", "media_type")


@register(Customer)
class CustomerAdmin(ModelAdmin):
    """Customers."""

    list_display = ("first_name", "last_name", "email", "country")
    search_fields = ("first_name", "last_name", "email")


@register(Employee)
class EmployeeAdmin(ModelAdmin):
    """Employees."""

    list_display = ("first_name", "last_name", "title", "reports_to")


@register(Invoice)
class InvoiceAdmin(ModelAdmin):
    """Invoices."""

    list_display = ("id", "customer", "date", "billing_country", "total")
    search_fields = ("customer__last_name", "customer__email")


@register(InvoiceLine)
class InvoiceLineAdmin(ModelAdmin):
    """Lines of invoices."""

    list_display = ("invoice", "track", "quantity", "unit_price")


@register(Genre, MediaType)
class NameAdmin(ModelAdmin):
    """Genres and media types."""

    list_display = ("name",)


@register(Playlist)
class PlaylistAdmin(ModelAdmin):
    """Playlists; their thousands of tracks are not edited here."""

    list_display = ("name",)
    fields = ("name",)
