"""The shop's pages."""

from uuid import uuid4

from partita.auth import USER, login_required
from partita.auth.models import User
from partita.http import BadRequest, Request, Response
from partita.orm import Count
from partita.sessions import SESSION
from partita.views import (
    Paginator,
    aget_object_or_404,
    arender,
    get_object_or_404,
    redirect,
    render,
    require_GET,
    require_http_methods,
    require_POST,
)
from shop.cart import Cart
from shop.forms import CartLineForm, CheckoutForm, SearchForm
from shop.models import Album, Artist, Customer, Genre, Invoice, InvoiceLine, Track
from shop.orders import place_order
from shop.search import search_tracks

__all__ = (
    "add_to_cart",
    "album",
    "albums",
    "artist",
    "artists",
    "cart",
    "change_cart",
    "checkout",
    "home",
    "order",
    "orders",
    "tracks",
)

_ADDRESS = ("first_name", "last_name", "email", "address", "postal_code", "city", "state", "country")


@require_GET
async def home(request: Request) -> Response:
    """Show what came in last, and the genres."""
    context = {
        "albums": [album async for album in Album.objects.select_related("artist").order_by("-id")[:12]],
        "genres": [
            genre async for genre in Genre.objects.annotate(size=Count("tracks")).order_by("-size", "name")[:12]
        ],
        "counts": {
            "albums": await Album.objects.acount(),
            "artists": await Artist.objects.acount(),
            "tracks": await Track.objects.acount(),
        },
    }
    return await arender(request, "shop/home.html", context)


@require_GET
async def artists(request: Request) -> Response:
    """List the artists."""
    text = _searched(request)
    found = Artist.objects.annotate(records=Count("albums")).filter(name__icontains=text).order_by("name", "id")
    page = await Paginator(found, 60).aget_page(request.query.get("page"))
    return await arender(request, "shop/artists.html", {"page": page, "q": text})


@require_GET
async def artist(request: Request, pk: int) -> Response:
    """Show one artist's records."""
    found = await aget_object_or_404(Artist, pk=pk)
    return await arender(request, "shop/artist.html", {"artist": found})


@require_GET
async def albums(request: Request) -> Response:
    """List the albums. Their artists are not asked for here: the template's first look loads them for the whole page."""
    text = _searched(request)
    found = Album.objects.filter(title__icontains=text).order_by("title", "id")
    page = await Paginator(found, 24).aget_page(request.query.get("page"))
    return await arender(request, "shop/albums.html", {"page": page, "q": text})


@require_GET
async def album(request: Request, pk: int) -> Response:
    """Show one album and its tracks."""
    found = await aget_object_or_404(Album.objects.select_related("artist"), pk=pk)
    listed = [track async for track in found.tracks.select_related("genre")]
    context = {
        "album": found,
        "tracks": listed,
        "length": sum(track.milliseconds for track in listed),
        "price": sum(track.unit_price for track in listed),
    }
    return await arender(request, "shop/album.html", context)


@require_GET
async def tracks(request: Request) -> Response:
    """Search the tracks."""
    form, found = search_tracks(request)
    page = await Paginator(found, 50).aget_page(request.query.get("page"))
    return await arender(request, "shop/tracks.html", {"form": form, "page": page})


@require_GET
async def cart(request: Request) -> Response:
    """Show what is in the cart."""
    lines = Cart(request[SESSION]).lines()
    return await arender(request, "shop/cart.html", {"lines": lines, "total": sum(line.subtotal for line in lines)})


@require_POST
async def add_to_cart(request: Request) -> Response:
    """Put a track (``track``) or all tracks of an album (``album``) into the cart."""
    form = await request.aform()
    if "album" in form:
        album = await aget_object_or_404(Album, pk=_number(form.get("album")))
        wanted = [track.pk async for track in album.tracks.all()]
    else:
        wanted = [(await aget_object_or_404(Track, pk=_number(form.get("track")))).pk]
    Cart(request[SESSION]).add(*wanted)
    return redirect("shop:cart")


@require_POST
async def change_cart(request: Request) -> Response:
    """Change the quantity of one line; zero takes it out."""
    form = CartLineForm(await request.aform())
    if not form.is_valid():
        raise BadRequest("track and quantity must be whole numbers, and the quantity from 0 to 99")
    Cart(request[SESSION]).set(form.cleaned_data["track"], form.cleaned_data["quantity"])
    return redirect("shop:cart")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
async def checkout(request: Request) -> Response:
    """Ask for the address; write the invoice."""
    cart = Cart(request[SESSION])
    lines = cart.lines()
    if not lines:
        return redirect("shop:cart")
    user = _user(request)
    if request.method == "POST":
        form = CheckoutForm(await request.aform(), label_suffix="")
        if form.is_valid():
            address = {name: form.cleaned_data[name] for name in _ADDRESS}
            invoice = place_order(user, form.cleaned_data["reference"], lines, address)
            cart.clear()
            return redirect("shop:order", pk=invoice.pk)
    else:
        initial = await _known_address(user) | {"reference": uuid4()}
        form = CheckoutForm(initial=initial, label_suffix="")
    context = {"form": form, "lines": lines, "total": sum(line.subtotal for line in lines)}
    return await arender(request, "shop/checkout.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
async def orders(request: Request) -> Response:
    """List one's own orders."""
    own = Invoice.objects.filter(customer__user=_user(request)).annotate(size=Count("lines"))
    page = await Paginator(own.order_by("-date", "-id"), 20).aget_page(request.query.get("page"))
    return await arender(request, "shop/orders.html", {"page": page})


@login_required
@require_GET
def order(request: Request, pk: int) -> Response:
    """Show one of one's own orders; those of others are not there. A plain sync view."""
    invoice = get_object_or_404(Invoice, pk=pk, customer__user=_user(request))
    lines = InvoiceLine.objects.filter(invoice=invoice).select_related("track__album__artist")
    return render(request, "shop/order.html", {"invoice": invoice, "lines": list(lines)})


def _searched(request: Request) -> str:
    form = SearchForm(request.query)
    if not form.is_valid():
        raise BadRequest("the search text may have at most 100 characters")
    return str(form.cleaned_data["q"])


def _number(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 18:
        raise BadRequest("the form must name a track or an album by its number")
    return int(text)


def _user(request: Request) -> User:
    user = request[USER]
    if not isinstance(user, User):
        raise BadRequest("nobody is logged in")  # login_required stands before every caller
    return user


async def _known_address(user: User) -> dict[str, object]:
    customer = await Customer.objects.filter(user=user).afirst()
    if customer is None:
        return {"email": user.email}
    return {name: getattr(customer, name) for name in _ADDRESS}
