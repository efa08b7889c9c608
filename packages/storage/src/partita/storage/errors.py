"""Errors of partita.storage."""

__all__ = ("InvalidStorageError", "StorageError", "SuspiciousFileOperation")


class StorageError(Exception):
    """Base of every error this package raises."""


class SuspiciousFileOperation(StorageError, ValueError):
    """A name leads out of the storage, or names nothing that could be kept."""


class InvalidStorageError(StorageError, LookupError):
    """No storage is known under an alias, or its settings make none."""
