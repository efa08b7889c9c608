"""Finding tracks, for the page and for the JSON endpoint."""

from partita.http import BadRequest, Request
from partita.orm import Q, QuerySet
from shop.forms import SORTS, TrackSearchForm
from shop.models import Track

__all__ = ("search_tracks",)


def search_tracks(request: Request) -> tuple[TrackSearchForm, QuerySet[Track]]:
    """Return the search form as filled in, and the tracks that it asks for.

    Raises:
        BadRequest: If the form does not accept what it was given, such as 10 kB of text or an unknown genre.
    """
    form = TrackSearchForm(request.query, label_suffix="")
    if not form.is_valid():
        raise BadRequest(" ".join(f"{field}: {' '.join(map(str, texts))}" for field, texts in form.errors.items()))
    tracks = Track.objects.select_related("album__artist", "genre").order_by(*SORTS[form.cleaned_data["sort"]])
    if text := form.cleaned_data["q"]:
        tracks = tracks.filter(
            Q(name__icontains=text)
            | Q(composer__icontains=text)
            | Q(album__title__icontains=text)
            | Q(album__artist__name__icontains=text)
        )
    if (genre := form.cleaned_data["genre"]) is not None:
        tracks = tracks.filter(genre=genre)
    return form, tracks
