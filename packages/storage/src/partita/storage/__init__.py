"""Files under names: on disk, in memory or in the cloud, sync and async."""

from partita.contracts.storage import STORAGES
from partita.storage.base import Storage
from partita.storage.errors import (
    ArchiveError,
    ArchiveTooLarge,
    InvalidStorageError,
    StorageError,
    SuspiciousFileOperation,
)
from partita.storage.files import ContentFile, File
from partita.storage.filesystem import FileSystemStorage
from partita.storage.images import ImageFile, get_image_dimensions
from partita.storage.memory import InMemoryStorage
from partita.storage.moving import file_move_safe
from partita.storage.names import valid_filename, validate_file_name
from partita.storage.registry import Storages, StorageSettings, create_storage, default_storage, storages
from partita.storage.remote import FsspecStorage

__all__ = (
    "STORAGES",
    "ArchiveError",
    "ArchiveTooLarge",
    "ContentFile",
    "File",
    "FileSystemStorage",
    "FsspecStorage",
    "ImageFile",
    "InMemoryStorage",
    "InvalidStorageError",
    "Storage",
    "StorageError",
    "StorageSettings",
    "Storages",
    "SuspiciousFileOperation",
    "create_storage",
    "default_storage",
    "file_move_safe",
    "get_image_dimensions",
    "storages",
    "valid_filename",
    "validate_file_name",
)
