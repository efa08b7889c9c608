"""The shop as JSON."""

from decimal import Decimal

import msgspec

from partita.http import Request, Response
from partita.views import Paginator, require_GET
from shop.models import Track
from shop.search import search_tracks

__all__ = ("tracks",)


class TrackItem(msgspec.Struct, frozen=True):
    """One track as the endpoint shows it; the price is in US dollars."""

    id: int
    name: str
    album: str
    artist: str
    genre: str
    milliseconds: int
    unit_price: Decimal


class TrackPage(msgspec.Struct, frozen=True):
    """One page of tracks."""

    count: int
    page: int
    pages: int
    results: list[TrackItem]


@require_GET
async def tracks(request: Request) -> Response:
    """Search the tracks: ``q``, ``genre``, ``sort`` and ``page`` as on the page for people, 50 at a time."""
    _, found = search_tracks(request)
    page = await Paginator(found, 50).aget_page(request.query.get("page"))
    results = [_item(track) for track in page.object_list]
    return Response.json(TrackPage(page.paginator.count, page.number, page.paginator.num_pages, results))


def _item(track: Track) -> TrackItem:
    return TrackItem(
        id=track.pk,
        name=track.name,
        album=track.album.title,
        artist=track.album.artist.name,
        genre=track.genre.name,
        milliseconds=track.milliseconds,
        unit_price=track.unit_price,
    )
