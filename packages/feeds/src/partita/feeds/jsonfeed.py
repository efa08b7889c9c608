"""JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/)."""

import json

from partita.feeds.values import Feed, Item, Person

__all__ = ("JsonFeed",)


class JsonFeed:
    """Writes JSON Feed 1.1. Subclasses may add members, or leave some out."""

    content_type = "application/feed+json; charset=utf-8"

    def write(self, feed: Feed) -> str:
        """Return the document."""
        return json.dumps(self.channel(feed), ensure_ascii=False, separators=(",", ":"))

    def channel(self, feed: Feed) -> dict[str, object]:
        """Return the outermost object."""
        return _filled(
            version="https://jsonfeed.org/version/1.1",
            title=feed.title,
            home_page_url=feed.link,
            feed_url=feed.feed_url and feed.url(feed.feed_url),
            description=feed.description,
            icon=feed.image and feed.url(feed.image),
            favicon=feed.icon and feed.url(feed.icon),
            authors=[_person(author) for author in feed.authors],
            language=feed.language,
            hubs=[{"type": "WebSub", "url": hub} for hub in feed.hubs],
        ) | {"items": [self.item(feed, item) for item in feed.items]}

    def item(self, feed: Feed, item: Item) -> dict[str, object]:
        """Return the object of one item."""
        link = feed.url(item.link)
        html = item.content or item.description
        duration = item.episode.duration if item.episode is not None else None
        attachments = [
            _filled(
                url=feed.url(enclosure.url), mime_type=enclosure.type, size_in_bytes=enclosure.length,
                duration_in_seconds=duration,
            )
            for enclosure in item.enclosures
        ]  # fmt: skip
        return _filled(
            id=item.id or link,
            url=link,
            title=item.title,
            content_html=html,
            content_text="" if html else item.title,
            summary=item.description if item.content else "",
            image=item.image and feed.url(item.image),
            date_published=item.published and item.published.isoformat(),
            date_modified=item.updated and item.updated.isoformat(),
            authors=[_person(author) for author in item.authors],
            tags=list(item.categories),
            attachments=attachments,
        )


def _person(person: Person) -> dict[str, object]:
    return _filled(name=person.name, url=person.url or (f"mailto:{person.email}" if person.email else ""))


def _filled(**members: object) -> dict[str, object]:
    return {name: value for name, value in members.items() if value not in ("", None, [])}
