"""Every error that partita.views raises."""

__all__ = (
    "EmptyPage",
    "InvalidPage",
    "PageNotAnInteger",
    "UnorderedObjectListWarning",
    "ViewConfigurationError",
    "ViewsError",
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


class ViewConfigurationError(ViewsError, TypeError):
    """A class-based view lacks something, or has too much of it."""
