"""Django's class for feeds as views; needs the extra ``http``.

`partita.feeds.views.FeedView` is the typed way; this one writes through `partita.feeds.generator`, whose classes people extend.
"""

import io
import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime, tzinfo
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Any, ClassVar, NamedTuple

from partita.contracts.current import find, require
from partita.contracts.i18n import current_translator
from partita.contracts.settings import LANGUAGE
from partita.contracts.sites import SITES, SiteIdentity
from partita.contracts.templates import TEMPLATES
from partita.feeds.dates import application_zone
from partita.feeds.generator import DefaultFeed, Enclosure, SyndicationFeed
from partita.feeds.hooks import address_of, ask
from partita.http import Http404, Response, respond_to

__all__ = ("Feed", "add_domain")


class Feed:
    """A feed whose parts are attributes or methods; an instance is the view.

    ``title``, ``link``, ``description``, ``subtitle``, ``language``, ``author_name``, ``author_email``, ``author_link``,
    ``categories``, ``feed_copyright``, ``feed_guid``, ``feed_url``, ``ttl``, ``stylesheets`` and ``items`` may each be a value, a
    method without argument, or one that takes the object of `get_object`; so may what begins with ``item_``, for the item.
    """

    feed_type: type[SyndicationFeed] = DefaultFeed
    title_template: str | None = None
    """Name of a template for titles of items, in place of `item_title`."""
    description_template: str | None = None
    http_methods: ClassVar[frozenset[str]] = frozenset({"GET", "HEAD"})
    takes_draft: ClassVar[bool] = True  # a mark for the application: hooks get the request that Django's users know

    def __call__(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Answer a request: with the feed, or with 304 if the reader has it.

        Raises:
            Http404: If the object that the feed is about is not there.
        """
        try:
            obj = self.get_object(request, *args, **kwargs)
        except LookupError as error:
            if not _is_missing_row(error):
                raise
            raise Http404("Feed object does not exist.") from error
        feed = self.get_feed(obj, request)
        held = io.BytesIO()
        feed.write(held, "utf-8")
        content = held.getvalue()
        headers = {"ETag": f'"{sha256(content).hexdigest()[:32]}"'}
        if hasattr(self, "item_pubdate") or hasattr(self, "item_updateddate"):
            moment = feed.latest_post_date().astimezone(UTC).replace(microsecond=0)
            headers["Last-Modified"] = format_datetime(moment, usegmt=True)
        asked = request.seal() if hasattr(request, "seal") else request
        return respond_to(asked, Response(content, headers=headers, content_type=feed.content_type))

    def get_object(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what the feed is about, found by the arguments of the route."""
        return None

    def item_title(self, item: Any) -> str:
        """Return the title of an item, as HTML."""
        return escape(str(item))

    def item_description(self, item: Any) -> str:
        """Return the summary of an item, as HTML."""
        return str(item)

    def item_link(self, item: Any) -> str:
        """Return the page of an item.

        Raises:
            FeedSetupError: If it does not know its own.
        """
        return address_of(item)

    def item_enclosures(self, item: Any) -> Iterable[Enclosure]:
        """Return the files that belong to an item; by default the one that ``item_enclosure_url`` names."""
        url = ask(self, "item_enclosure_url", item)
        if not url:
            return []
        length = ask(self, "item_enclosure_length", item, 0)
        return [Enclosure(url, length, str(ask(self, "item_enclosure_mime_type", item, "")))]

    def feed_extra_kwargs(self, obj: Any) -> dict[str, Any]:
        """Return more arguments for the generator."""
        return {}

    def item_extra_kwargs(self, item: Any) -> dict[str, Any]:
        """Return more arguments for the generator's ``add_item``."""
        return {}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the names for the templates of titles and descriptions.

        Args:
            kwargs: ``item``, ``site``, ``obj`` (what the feed is about) and ``request``.
        """
        return {"obj": kwargs.get("item"), "site": kwargs.get("site")}

    def get_feed(self, obj: Any, request: Any) -> SyndicationFeed:
        """Return the feed about ``obj``."""
        site, secure = _site(request), request.scheme == "https"
        domain = site.domain
        feed = self.feed_type(
            title=ask(self, "title", obj, ""),
            subtitle=ask(self, "subtitle", obj),
            link=add_domain(domain, ask(self, "link", obj, ""), secure),
            description=ask(self, "description", obj, ""),
            language=ask(self, "language", obj) or _language(),
            feed_url=add_domain(domain, ask(self, "feed_url", obj) or request.path, secure),
            **self._author("author", obj),
            categories=ask(self, "categories", obj),
            feed_copyright=ask(self, "feed_copyright", obj),
            feed_guid=ask(self, "feed_guid", obj),
            ttl=ask(self, "ttl", obj),
            stylesheets=ask(self, "stylesheets", obj),
            **self.feed_extra_kwargs(obj),
        )
        zone = application_zone()
        for item in ask(self, "items", obj, ()):
            names = self._names(item, site, obj, request)
            link = add_domain(domain, ask(self, "item_link", item), secure)
            feed.add_item(
                title=self._shown(self.title_template, names, request, "item_title", item),
                link=link,
                description=self._shown(self.description_template, names, request, "item_description", item),
                unique_id=ask(self, "item_guid", item, link),
                unique_id_is_permalink=ask(self, "item_guid_is_permalink", item),
                enclosures=ask(self, "item_enclosures", item),
                pubdate=_aware(ask(self, "item_pubdate", item), zone),
                updateddate=_aware(ask(self, "item_updateddate", item), zone),
                **self._author("item_author", item),
                comments=ask(self, "item_comments", item),
                categories=ask(self, "item_categories", item, ()),
                item_copyright=ask(self, "item_copyright", item),
                **self.item_extra_kwargs(item),
            )
        return feed

    def _author(self, prefix: str, about: Any) -> dict[str, Any]:
        """Return who wrote a feed or an item; without a name there is nobody in an item."""
        said = {f"author_{part}": ask(self, f"{prefix}_{part}", about) for part in ("name", "email", "link")}
        return said if said["author_name"] is not None or prefix == "author" else {}

    def _names(self, item: Any, site: object, obj: Any, request: Any) -> dict[str, Any]:
        if self.title_template is None and self.description_template is None:
            return {}
        return self.get_context_data(item=item, site=site, obj=obj, request=request)

    def _shown(self, template: str | None, names: dict[str, Any], request: Any, hook: str, item: Any) -> Any:
        return ask(self, hook, item) if template is None else require(TEMPLATES).render(template, names, request)


def add_domain(domain: str, url: object, secure: bool = False) -> str:
    """Return a URL with scheme and host; one that has a scheme stays as it is.

    Args:
        domain: The host for one that has none.
        url: A path, what follows a scheme, or a whole URL.
        secure: Whether ``https`` is the scheme.
    """
    text = str(url)
    scheme = "https" if secure else "http"
    if text.startswith("//"):
        return f"{scheme}:{text}"
    if text.startswith(("http://", "https://", "mailto:")):
        return text
    return f"{scheme}://{domain}{text}"


class _Host(NamedTuple):
    """A site that is no more than its host."""

    domain: str
    name: str


def _site(request: Any) -> SiteIdentity:
    """Return the site for a request: the application's, if it has some, else its host."""
    sites = find(SITES)
    if sites is not None:
        return sites.get_current(request)
    host = str(request.get_host() if hasattr(request, "get_host") else request.host)
    return _Host(host, host)


def _language() -> str | None:
    translator = current_translator()
    return find(LANGUAGE) if translator is None else translator.language


def _aware(moment: date | None, zone: tzinfo) -> date | None:
    naive = isinstance(moment, datetime) and moment.utcoffset() is None
    return moment.replace(tzinfo=zone) if naive and isinstance(moment, datetime) else moment


def _is_missing_row(error: LookupError) -> bool:
    # Whoever raised it has imported the ORM; a feed of something else goes without.
    orm = sys.modules.get("partita.orm")
    return orm is not None and isinstance(error, orm.ObjectDoesNotExist)
