"""Errors of partita.storage."""

__all__ = ("ArchiveError", "ArchiveTooLarge", "InvalidStorageError", "StorageError", "SuspiciousFileOperation")


class StorageError(Exception):
    """Base of every error this package raises."""


class SuspiciousFileOperation(StorageError, ValueError):
    """A name leads out of the storage, or names nothing that could be kept."""


class InvalidStorageError(StorageError, LookupError):
    """No storage is known under an alias, or its settings make none."""


class ArchiveError(StorageError, ValueError):
    """A file is no archive, or a damaged one."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path, self.reason = path, reason

    def __str__(self) -> str:
        return f"{self.path}: this archive cannot be unpacked: {self.reason[:200]}. Expected zip, or tar with or without compression."


class ArchiveTooLarge(ArchiveError):
    """More comes out of an archive than is allowed."""

    def __str__(self) -> str:
        return f"{self.path}: {self.reason} come out of this archive. Raise the limit if it can be trusted."
