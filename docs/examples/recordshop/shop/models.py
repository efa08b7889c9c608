"""What the shop sells, to whom, and what was bought."""

from partita.auth.models import User
from partita.orm import (
    CASCADE,
    PROTECT,
    SET_NULL,
    CharField,
    DateTimeField,
    DecimalField,
    EmailField,
    ForeignKey,
    IntegerField,
    ManyToManyField,
    Model,
    OneToOneField,
    PositiveIntegerField,
    RelatedManager,
    UUIDField,
)
from partita.urls import reverse


class Artist(Model):
    """Whoever made a record."""

    name = CharField(max_length=120)
    albums: "RelatedManager[Album]"

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the path of the artist's page."""
        return reverse("shop:artist", pk=self.pk)


class Album(Model):
    """A record."""

    title = CharField(max_length=160)
    artist = ForeignKey(Artist, on_delete=CASCADE, related_name="albums")
    tracks: "RelatedManager[Track]"

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the path of the record's page."""
        return reverse("shop:album", pk=self.pk)


class Genre(Model):
    """A kind of music."""

    name = CharField(max_length=120)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class MediaType(Model):
    """The file format a track comes in."""

    name = CharField(max_length=120)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Track(Model):
    """What is sold: one recording."""

    name = CharField(max_length=200)
    album = ForeignKey(Album, on_delete=CASCADE, related_name="tracks")
    genre = ForeignKey(Genre, on_delete=PROTECT, related_name="tracks")
    media_type = ForeignKey(MediaType, on_delete=PROTECT, related_name="tracks")
    composer = CharField(max_length=220, blank=True, default="")
    milliseconds = PositiveIntegerField()
    bytes = PositiveIntegerField()
    unit_price = DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return self.name


class Playlist(Model):
    """Tracks that go well together."""

    name = CharField(max_length=120)
    tracks = ManyToManyField(Track, related_name="playlists")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Employee(Model):
    """Somebody who works here."""

    first_name = CharField(max_length=40)
    last_name = CharField(max_length=40)
    title = CharField(max_length=60)
    reports_to = ForeignKey("self", on_delete=SET_NULL, null=True, blank=True, related_name="team")
    birth_date = DateTimeField()
    hire_date = DateTimeField()
    address = CharField(max_length=120)
    city = CharField(max_length=60)
    state = CharField(max_length=60, blank=True, default="")
    country = CharField(max_length=60)
    postal_code = CharField(max_length=20, blank=True, default="")
    phone = CharField(max_length=40, blank=True, default="")
    fax = CharField(max_length=40, blank=True, default="")
    email = EmailField()

    class Meta:
        ordering = ("last_name", "first_name")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Customer(Model):
    """Somebody who bought or is about to; linked to a login once there is one."""

    user = OneToOneField(User, on_delete=SET_NULL, null=True, blank=True, related_name="customer")
    first_name = CharField(max_length=40)
    last_name = CharField(max_length=40)
    company = CharField(max_length=120, blank=True, default="")
    address = CharField(max_length=120)
    city = CharField(max_length=60)
    state = CharField(max_length=60, blank=True, default="")
    country = CharField(max_length=60)
    postal_code = CharField(max_length=20, blank=True, default="")
    phone = CharField(max_length=40, blank=True, default="")
    fax = CharField(max_length=40, blank=True, default="")
    email = EmailField()
    support_rep = ForeignKey(Employee, on_delete=SET_NULL, null=True, blank=True, related_name="customers")

    class Meta:
        ordering = ("last_name", "first_name")

    def __str__(self) -> str:
        return f"{self.first_name} {self.last_name}"


class Invoice(Model):
    """One purchase. The billing address is a copy, so that an old invoice does not change when a customer moves."""

    reference = UUIDField(unique=True, editable=False)  # made with the checkout page: sending it twice buys once
    customer = ForeignKey(Customer, on_delete=PROTECT, related_name="invoices")
    date = DateTimeField()
    billing_address = CharField(max_length=120)
    billing_city = CharField(max_length=60)
    billing_state = CharField(max_length=60, blank=True, default="")
    billing_country = CharField(max_length=60)
    billing_postal_code = CharField(max_length=20, blank=True, default="")
    total = DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        ordering = ("-date", "-id")

    def __str__(self) -> str:
        return f"#{self.pk}"


class InvoiceLine(Model):
    """One position of an invoice, at the price of that day."""

    invoice = ForeignKey(Invoice, on_delete=CASCADE, related_name="lines")
    track = ForeignKey(Track, on_delete=PROTECT, related_name="invoice_lines")
    unit_price = DecimalField(max_digits=10, decimal_places=2)
    quantity = IntegerField()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.quantity} x {self.track.name}"
