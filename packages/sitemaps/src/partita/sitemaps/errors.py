"""Every error this package raises."""

from partita.contracts.errors import ImproperlyConfigured

__all__ = ("SitemapError", "SitemapSetupError", "SitemapValueError")


class SitemapError(Exception):
    """Base of every error this package raises."""


class SitemapSetupError(SitemapError, ImproperlyConfigured):
    """The class of a sitemap, or the application, lacks something that sitemaps need."""


class SitemapValueError(SitemapError, ValueError):
    """A sitemap holds what the protocol does not allow."""

    def __init__(self, name: str, value: object, expected: str) -> None:
        super().__init__(name, value, expected)
        self.name, self.value, self.expected = name, value, expected

    def __str__(self) -> str:
        return f"{self.name}: got {str(self.value)[:80]!r}, expected {self.expected}"
