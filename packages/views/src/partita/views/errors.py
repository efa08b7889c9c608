"""Every error that partita.views raises."""

from partita.contracts.errors import ImproperlyConfigured

__all__ = (
    "EmptyPage",
    "EmptyTemplateList",
    "InvalidPage",
    "NoLookupError",
    "PageNotAnInteger",
    "UnorderedObjectListWarning",
    "ViewConfigurationError",
    "ViewsError",
    "WeekFormatError",
)


class ViewsError(Exception):
    """Base of every error this package raises."""


class InvalidPage(ViewsError, ValueError):
    """There is no such page."""


class PageNotAnInteger(InvalidPage):
    """The number of a page is no whole number."""


class EmptyPage(InvalidPage):
    """The number of a page lies below one or behind the last page."""


class UnorderedObjectListWarning(RuntimeWarning):
    """A query set without an order is cut into pages, so an object may stand on two of them or on none."""


class EmptyTemplateList(ViewsError, LookupError):
    """Of several templates the first that exists should have been rendered, but no name was given."""

    def __str__(self) -> str:
        return "no template was named: give a name, such as 'shop/album.html', or a list with one at least"


class ViewConfigurationError(ViewsError, ImproperlyConfigured, TypeError):
    """A class-based view lacks something, or has too much of it."""


class WeekFormatError(ViewConfigurationError, ValueError):
    """The format of weeks of a view is none, or does not go with that of years."""


class NoLookupError(ViewConfigurationError, AttributeError):
    """The route of a view for one object captures nothing to find it by."""
