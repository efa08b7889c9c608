"""What visitors fill in."""

from partita.contracts.i18n import gettext_lazy as _
from partita.forms import (
    CharField,
    ChoiceField,
    EmailField,
    Form,
    HiddenInput,
    IntegerField,
    TextInput,
    UUIDField,
)
from partita.forms.models import ModelChoiceField
from shop.cart import MAX_QUANTITY
from shop.models import Genre

__all__ = ("SORTS", "CartLineForm", "CheckoutForm", "SearchForm", "TrackSearchForm")

SORTS = {"": ("id",), "name": ("name", "id"), "artist": ("album__artist__name", "name"), "longest": ("-milliseconds",)}


class SearchForm(Form):
    """The search box."""

    q = CharField(required=False, max_length=100, label=_("Search"))


class TrackSearchForm(SearchForm):
    """The search box of the tracks, with filter and order."""

    genre = ModelChoiceField(Genre.objects.all(), required=False, label=_("Genre"), empty_label=_("All genres"))
    sort = ChoiceField(
        required=False,
        label=_("Order"),
        choices=[
            ("", _("As on the record")),
            ("name", _("Title")),
            ("artist", _("Artist")),
            ("longest", _("Longest first")),
        ],
    )


class CartLineForm(Form):
    """The quantity of one line in the cart."""

    track = IntegerField(min_value=1)
    quantity = IntegerField(min_value=0, max_value=MAX_QUANTITY)


class CheckoutForm(Form):
    """Where the invoice goes; names and lengths are those of `shop.models.Customer`."""

    reference = UUIDField(widget=HiddenInput())
    first_name = CharField(max_length=40, label=_("First name"), widget=TextInput({"autocomplete": "given-name"}))
    last_name = CharField(max_length=40, label=_("Last name"), widget=TextInput({"autocomplete": "family-name"}))
    email = EmailField(label=_("E-mail"))
    address = CharField(
        max_length=120, label=_("Street and number"), widget=TextInput({"autocomplete": "street-address"})
    )
    postal_code = CharField(
        max_length=20, required=False, label=_("Postal code"), widget=TextInput({"autocomplete": "postal-code"})
    )
    city = CharField(max_length=60, label=_("City"), widget=TextInput({"autocomplete": "address-level2"}))
    state = CharField(
        max_length=60, required=False, label=_("State or region"), widget=TextInput({"autocomplete": "address-level1"})
    )
    country = CharField(max_length=60, label=_("Country"), widget=TextInput({"autocomplete": "country-name"}))
