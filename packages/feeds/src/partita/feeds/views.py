"""Feeds as views; needs the extra ``http``."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, ClassVar, Protocol
from urllib.parse import urljoin

from partita.contracts.current import find, require
from partita.contracts.settings import USE_TZ
from partita.contracts.templates import TEMPLATES
from partita.feeds.dates import application_zone
from partita.feeds.hooks import address_of, ask
from partita.feeds.rss import Rss
from partita.feeds.values import Enclosure, Feed, Item, Media, Person, Stylesheet
from partita.http import Request, Response, respond_to

__all__ = ("FeedView", "FeedWriter", "feed_response")


class FeedWriter(Protocol):
    """A format, such as `partita.feeds.Rss`, or one of your own."""

    @property
    def content_type(self) -> str:
        """The media type of what it writes."""
        ...

    def write(self, feed: Feed) -> str:
        """Return the document."""
        ...


def feed_response(request: Request, feed: Feed, writer: FeedWriter | None = None) -> Response:
    """Return a feed as a response: 304 if the reader has it already.

    Args:
        request: What was asked.
        feed: What to write.
        writer: The format; RSS 2.0 by default.
    """
    writer = writer or Rss()
    text = writer.write(feed)
    headers = {"ETag": f'"{sha256(text.encode()).hexdigest()[:32]}"'}
    updated = feed.last_updated
    if updated is not None:
        headers["Last-Modified"] = format_datetime(updated.astimezone(UTC).replace(microsecond=0), usegmt=True)
    return respond_to(request, Response(text, headers=headers, content_type=writer.content_type))


class FeedView:
    """A feed whose parts are attributes or methods; an instance is the view.

    ``title``, ``link``, ``description``, ``items`` and what begins with ``item_`` may each be a value, a method without
    argument, or a method that takes the object of `get_object` (those of items: the item). Methods may be decorated, if the
    decorator uses `functools.wraps`.
    """

    writer: ClassVar[FeedWriter] = Rss()
    title_template: str = ""
    """Name of a template for titles of items; it gets what `get_context_data` returns."""
    description_template: str = ""
    http_methods: ClassVar[frozenset[str]] = frozenset({"GET", "HEAD"})

    def __call__(self, request: Request, **arguments: Any) -> Response:
        """Answer a request."""
        return feed_response(request, self.feed(request, self.get_object(request, **arguments)), self.writer)

    def get_object(self, request: Request, **arguments: Any) -> Any:
        """Return what the feed is about, such as the artist whose records it lists; raise Http404 if there is none."""
        return None

    def get_context_data(self, item: Any, obj: Any, request: Request) -> Mapping[str, object]:
        """Return the names for the templates of titles and descriptions."""
        return {"obj": item, "item": item, "feed_object": obj, "root": f"{request.scheme}://{request.host}"}

    def feed(self, request: Request, obj: Any) -> Feed:
        """Return the feed about ``obj``."""
        root = f"{request.scheme}://{request.host}"
        link = urljoin(root, str(self._get("link", obj, "/")))
        return Feed(
            id=str(self._get("feed_guid", obj, "")),
            title=str(self._get("title", obj, "")),
            link=link,
            description=str(self._get("subtitle", obj, "") or self._get("description", obj, "")),
            items=tuple(self._item(each, obj, request) for each in self._get("items", obj, ())),
            feed_url=urljoin(root, str(self._get("feed_url", obj, request.path))),
            language=str(self._get("language", obj, "")),
            authors=_people(self, "author", obj),
            categories=tuple(map(str, self._get("categories", obj, ()))),
            rights=str(self._get("feed_copyright", obj, "")),
            ttl=self._get("ttl", obj, None),
            image=str(self._get("image", obj, "")),
            updated=_aware(self._get("updated", obj, None)),
            icon=str(self._get("icon", obj, "")),
            stylesheets=tuple(
                each if isinstance(each, Stylesheet) else str(each)
                for each in self._get("stylesheets", obj, None) or ()
            ),
            hubs=tuple(map(str, self._get("hubs", obj, ()))),
            podcast=self._get("podcast", obj, None),
        )

    def _item(self, each: Any, obj: Any, request: Request) -> Item:
        absolute = self._get("item_link", each, None)
        if absolute is None:
            absolute = address_of(each)
        title, description = self.title_template, self.description_template
        context = self.get_context_data(each, obj, request) if title or description else {}
        return Item(
            title=_shown(title, context, request) if title else str(self._get("item_title", each, each)),
            link=str(absolute),
            id=str(self._get("item_guid", each, "")),
            id_is_link=self._get("item_guid_is_permalink", each, None),
            description=(
                _shown(description, context, request) if description else str(self._get("item_description", each, ""))
            ),
            content=str(self._get("item_content", each, "")),
            authors=_people(self, "item_author", each),
            published=_aware(self._get("item_pubdate", each, None)),
            updated=_aware(self._get("item_updateddate", each, None)),
            categories=tuple(map(str, self._get("item_categories", each, ()))),
            comments=str(self._get("item_comments", each, "")),
            enclosures=tuple(self._enclosures(each)),
            rights=str(self._get("item_copyright", each, "")),
            image=str(self._get("item_image", each, "")),
            media=tuple(_media(media) for media in self._get("item_media", each, None) or ()),
            point=self._get("item_point", each, None),
            line=tuple(self._get("item_line", each, ())),
            polygon=tuple(self._get("item_polygon", each, ())),
            box=self._get("item_box", each, None),
            episode=self._get("item_episode", each, None),
        )

    def _enclosures(self, each: Any) -> Iterable[Enclosure]:
        several = self._get("item_enclosures", each, None)
        if several is not None:
            return tuple(several)
        url = self._get("item_enclosure_url", each, "")
        if not url:
            return ()
        length, kind = self._get("item_enclosure_length", each, 0), self._get("item_enclosure_mime_type", each, "")
        return (Enclosure(str(url), int(length), str(kind)),)

    def _get(self, name: str, argument: Any, default: Any) -> Any:
        return ask(self, name, argument, default)


def _shown(template: str, context: Mapping[str, object], request: Request) -> str:
    return require(TEMPLATES).render(template, context, request)


def _media(value: Any) -> Media:
    return value if isinstance(value, Media) else Media(**value) if isinstance(value, Mapping) else Media(str(value))


def _people(view: FeedView, prefix: str, argument: Any) -> tuple[Person, ...]:
    name = view._get(f"{prefix}_name", argument, "")
    if not name:
        return ()
    return (
        Person(
            str(name), str(view._get(f"{prefix}_email", argument, "")), str(view._get(f"{prefix}_link", argument, ""))
        ),
    )


def _aware(moment: Any) -> datetime | None:
    """Return a moment with a zone: a time without one is UTC; that of the application where none has a zone (``use_tz``)."""
    zone = application_zone() if find(USE_TZ) is False else UTC
    if moment is None or not isinstance(moment, datetime):
        return None if moment is None else datetime(moment.year, moment.month, moment.day, tzinfo=zone)
    return moment if moment.utcoffset() is not None else moment.replace(tzinfo=zone)
