"""The error that all mistakes in how a project is put together have in common."""

__all__ = ("ImproperlyConfigured",)


class ImproperlyConfigured(Exception):
    """Something is set up in a way that cannot work; packages raise their own kinds of it, which say what and how to mend it."""
