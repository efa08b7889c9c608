"""A record shop with an administration, in an SQLite database in memory."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from partita.admin import AdminSite, ModelAdmin, SimpleListFilter, UserAdmin, action, display
from partita.auth.models import User
from partita.auth.testing import force_login
from partita.http import Request
from partita.orm import (
    CASCADE,
    DATABASES,
    PROTECT,
    SET_NULL,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    DecimalField,
    ForeignKey,
    ManyToManyField,
    Model,
    TextChoices,
    TextField,
    URLField,
)
from partita.testing import Client, application
from partita.urls import path

CHEAP = {"argon2_time_cost": 1, "argon2_memory_cost": 64}


class Artist(Model):
    """Somebody who makes music."""

    name = CharField(max_length=120, unique=True)
    homepage = URLField(blank=True, default="")

    class Meta:
        app_label = "music"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Genre(Model):
    """A kind of music; its key is text."""

    code = CharField(max_length=40, primary_key=True)

    class Meta:
        app_label = "music"

    def __str__(self) -> str:
        return self.code


class State(TextChoices):
    """Where an album is."""

    SHELF = "shelf", "On the shelf"
    ORDER = "order", "To be ordered"


class Album(Model):
    """A record."""

    title = CharField(max_length=120)
    artist = ForeignKey(Artist, on_delete=CASCADE, related_name="albums")
    genre = ForeignKey(Genre, on_delete=PROTECT, null=True, blank=True)
    twin = ForeignKey("self", on_delete=SET_NULL, null=True, blank=True, related_name="+")
    state = CharField(max_length=10, choices=State.choices, default=State.SHELF)
    price = DecimalField(max_digits=8, decimal_places=2, default=Decimal("9.90"))
    is_live = BooleanField(default=False)
    released = DateField(null=True, blank=True)
    note = TextField(blank=True, default="")
    secret = CharField(max_length=40, default="s3cret", editable=False)
    guests = ManyToManyField(Artist, related_name="guest_on", blank=True)

    class Meta:
        app_label = "music"

    def __str__(self) -> str:
        return self.title

    @property
    def shout(self) -> str:
        """The title, loud."""
        return self.title.upper()


class Review(Model):
    """What somebody says about an album."""

    album = ForeignKey(Album, on_delete=CASCADE)
    text = CharField(max_length=200)
    written = DateTimeField(default=lambda: datetime.now(UTC))

    class Meta:
        app_label = "music"

    def __str__(self) -> str:
        return self.text


class CheapFilter(SimpleListFilter):
    """Albums below a price."""

    title = "Price"
    parameter_name = "cost"

    def lookups(self, request: Request, model_admin: ModelAdmin) -> list[tuple[str, str]]:
        """Return the one choice."""
        return [("low", "Below 5")]

    def queryset(self, request: Request, queryset: Any) -> Any:
        """Return cheap albums."""
        return queryset.filter(price__lt=5) if self.value == "low" else None


@action(description="Put on the shelf", permissions=("change",))
def shelve(admin: ModelAdmin, request: Request, queryset: Any) -> None:
    """Put albums on the shelf."""
    admin.message_user(request, f"{queryset.update(state='shelf')} albums shelved <b>")


class AlbumAdmin(ModelAdmin):
    """The list of albums has everything."""

    list_display = (
        "title",
        "artist",
        "artist__homepage",
        "state",
        "price",
        "is_live",
        "released",
        "shout",
        "initial",
        "guests",
    )
    list_filter = ("artist", "state", "is_live", "released", CheapFilter)
    search_fields = ("title", "=artist__name", "guests__name")
    ordering = ("title",)
    list_per_page = 10
    readonly_fields = ("shout",)
    actions = (shelve,)

    @display(description="First letter", ordering="-title")
    def initial(self, album: Album) -> str:
        """Return the first letter."""
        return album.title[:1]


def _make_admin_site() -> AdminSite:
    site = AdminSite(header="Record shop")
    site.register(Album, AlbumAdmin)
    site.register([Artist, Genre], search_fields=("pk",))
    site.register(Review, list_display=("text", "album", "written"), list_filter=("written",))
    site.register(User, UserAdmin)
    return site


@pytest.fixture
def make_shop() -> Iterator[Callable[..., SimpleNamespace]]:
    """Return a function that builds the shop from settings: models, site, app, a client in which Boss is logged in."""
    with ExitStack() as stack:

        def make(site: AdminSite | None = None, more: tuple[str, ...] = (), **settings: Any) -> SimpleNamespace:
            admin_site = site or _make_admin_site()
            settings.setdefault("databases", {"default": "sqlite://:memory:"})
            settings.setdefault("auth", CHEAP)
            routes = [path("admin/", admin_site.urls)]
            app = stack.enter_context(
                application(apps=("partita.auth", "partita.admin", *more), urls=routes, **settings)
            )
            database = app.require(DATABASES)["default"]
            database.create_all(User, Artist, Genre, Album, Review)
            boss = User.objects.create_superuser("boss@shop.test", "seven green boats", name="Boss")
            clerk = User.objects.create_user("clerk@shop.test", "seven blue boats", is_staff=True)
            guest = User.objects.create_user("guest@shop.test", "seven red boats")
            client = Client(app)
            stack.callback(client.close)
            force_login(client, boss)
            return SimpleNamespace(
                app=app, client=client, site=admin_site, database=database, boss=boss, clerk=clerk, guest=guest,
                Artist=Artist, Genre=Genre, Album=Album, Review=Review, AlbumAdmin=AlbumAdmin, User=User,
            )  # fmt: skip

        yield make


@pytest.fixture
def shop(make_shop: Callable[..., SimpleNamespace]) -> SimpleNamespace:
    """Return the shop with a few records."""
    made = make_shop()
    made.abba = Artist.objects.create(name="ABBA", homepage="https://abba.test/")
    made.beck = Artist.objects.create(name="Beck", homepage="javascript:alert(1)")
    made.pop = Genre.objects.create(code="pop/rock")
    made.arrival = Album.objects.create(title="Arrival", artist=made.abba, genre=made.pop, price=Decimal("4.50"))
    made.odelay = Album.objects.create(title="Odelay", artist=made.beck, state="order", is_live=True)
    made.evil = Album.objects.create(title='<script>alert("x")</script>', artist=made.beck)
    made.odelay.guests.add(made.abba)
    Review.objects.create(album=made.arrival, text="Fine")
    return made
