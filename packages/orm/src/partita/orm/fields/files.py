"""Fields whose column names a file that a storage keeps."""

import datetime as dt
import posixpath
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, Unpack, cast, overload

from sqlalchemy import String
from sqlalchemy.types import TypeEngine

from partita import bridge
from partita.contracts import current
from partita.contracts.i18n import gettext_lazy
from partita.contracts.storage import STORAGES, Storage
from partita.orm.errors import FieldError
from partita.orm.fields.base import Field, FieldOptions, Text

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("FieldFile", "FileField")

T = TypeVar("T")
UploadTo = str | Callable[[Any, str], str]
StorageGiven = Storage | Callable[[], Storage] | None
_LENGTH = 100


class FileOptions(FieldOptions, total=False):
    """Options of fields for files."""

    upload_to: UploadTo
    storage: StorageGiven


class FieldFile:
    """The file that a row names: its name is known at once, its content is opened when it is needed.

    Args:
        instance: The row.
        field: Its field.
        name: In the storage; None or empty for no file.
    """

    def __init__(self, instance: Any, field: "FileField", name: str | None) -> None:
        self.instance, self.field, self.name = instance, field, name
        self._file: Any = None
        self._committed = True
        self._storage: Storage | None = None

    @property
    def storage(self) -> Storage:
        """What keeps the file."""
        if self._storage is None:
            self._storage = self.field.storage
        return self._storage

    def __eq__(self, other: object) -> bool:
        return bool(self.name == (other.name if isinstance(other, FieldFile) else getattr(other, "name", other)))

    def __hash__(self) -> int:
        return hash(self.name)

    def __str__(self) -> str:
        return self.name or ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self or 'None'}>"

    def __bool__(self) -> bool:
        return bool(self.name)

    def __len__(self) -> int:
        return self.size

    def __getstate__(self) -> dict[str, Any]:
        # The content is in the storage: what is pickled is where.
        kept = {"instance": self.instance, "field": self.field.name, "name": self.name}
        return {**kept, "_file": None, "_committed": True, "_storage": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        if isinstance(state["field"], str):
            self.field = type(self.instance)._meta.get_field(state["field"])

    def __deepcopy__(self, memo: dict[int, Any]) -> "FieldFile":
        twin = type(self)(memo.get(id(self.instance), self.instance), self.field, self.name)
        twin._file, twin._committed = self._file, self._committed
        memo[id(self)] = twin
        return twin

    # -- where it is ------------------------------------------------------------------------------------------------

    def _named(self) -> str:
        if not self.name:
            raise ValueError(f"The '{self.field.name}' attribute has no file associated with it.")
        return self.name

    @property
    def path(self) -> str:
        """Where it is on this machine's disk, if it is there.

        Raises:
            ValueError: If there is no file.
        """
        storage: Any = self.storage
        return str(storage.path(self._named()))

    @property
    def url(self) -> str:
        """Where a browser gets it.

        Raises:
            ValueError: If there is no file.
        """
        return self.storage.url(self._named())

    @property
    def size(self) -> int:
        """Bytes.

        Raises:
            ValueError: If there is no file.
        """
        name = self._named()
        if not self._committed:
            return int(self.file.size)
        return _waited(self.storage.size, self.storage.asize, name)

    # -- its content ------------------------------------------------------------------------------------------------

    @property
    def file(self) -> Any:
        """The content, open.

        Raises:
            ValueError: If there is no file.
        """
        name = self._named()
        if self._file is None:
            self._file = _waited(self.storage.open, self.storage.aopen, name, "rb")
        return self._file

    @file.setter
    def file(self, file: Any) -> None:
        self._file = file

    @file.deleter
    def file(self) -> None:
        self._file = None

    def open(self, mode: str = "rb") -> Self:
        """Open it, or go back to its beginning."""
        name = self._named()
        if self._file is None or self._file.closed:
            if self._file is not None and hasattr(self._file, "open") and not self._committed:
                self._file.open(mode)
            else:
                self._file = _waited(self.storage.open, self.storage.aopen, name, mode)
        else:
            self._file.seek(0)
        return self

    async def aopen(self, mode: str = "rb") -> Self:
        """Async twin of `open`."""
        return await bridge.run(self.open, mode)

    def read(self, size: int = -1) -> Any:
        """Return the next bytes, all that are left unless ``size`` is given."""
        return self.file.read(size)

    def readline(self, size: int = -1) -> Any:
        """Return the rest of the line at the position."""
        return self.file.readline(size)

    def write(self, data: Any) -> int:
        """Write at the position, to a file opened for that."""
        return int(self.file.write(data))

    def seek(self, offset: int, whence: int = 0) -> int:
        """Set the position and return it."""
        return int(self.file.seek(offset, whence))

    def tell(self) -> int:
        """Return the position."""
        return int(self.file.tell())

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Give the content from the beginning, piece by piece."""
        pieces: Iterator[Any] = self.file.chunks() if chunk_size is None else self.file.chunks(chunk_size)
        return pieces

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        """Return whether `chunks` gives more than one piece."""
        return bool(self.file.multiple_chunks() if chunk_size is None else self.file.multiple_chunks(chunk_size))

    async def aread(self, size: int = -1) -> Any:
        """Async twin of `read`."""
        await self._aopened()
        return await self._file.aread(size)

    async def achunks(self) -> AsyncIterator[Any]:
        """Async twin of `chunks`."""
        await self._aopened()
        async for chunk in self._file.achunks():
            yield chunk

    async def _aopened(self) -> None:
        if self._file is None:
            self._file = await self.storage.aopen(self._named())

    def __iter__(self) -> Iterator[Any]:
        return iter(self.file)

    @property
    def closed(self) -> bool:
        """Whether it is not open."""
        return self._file is None or bool(self._file.closed)

    def close(self) -> None:
        """Let go of the content."""
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    # -- keeping it -------------------------------------------------------------------------------------------------

    def save(self, name: str, content: Any, save: bool = True) -> None:
        """Give ``content`` to the storage, and let the row name it.

        Args:
            name: Wanted; ``upload_to`` says in which folder.
            content: Something with ``chunks()``, such as an uploaded file.
            save: Whether to save the row, too.
        """
        wanted = self.field.generate_filename(self.instance, name)
        storage = self.storage
        self.name = _waited(storage.save, storage.asave, wanted, content, self.field.max_length)
        self._kept(content)
        if save:
            self.instance.save()

    save.alters_data = True  # type: ignore[attr-defined]  # templates do not call it

    async def asave(self, name: str, content: Any, save: bool = True) -> None:
        """Async twin of `save`."""
        wanted = self.field.generate_filename(self.instance, name)
        self.name = await self.storage.asave(wanted, content, self.field.max_length)
        self._kept(content)
        if save:
            await self.instance.asave()

    def _kept(self, content: Any) -> None:
        self._committed = True
        self.instance.__dict__[self.field.attname] = self

    def delete(self, save: bool = True) -> None:
        """Remove the file from the storage, and its name from the row.

        Args:
            save: Whether to save the row, too.
        """
        if not self:
            return
        self.close()
        name, storage = self._named(), self.storage
        _waited(storage.delete, storage.adelete, name)
        self._gone()
        if save:
            self.instance.save()

    delete.alters_data = True  # type: ignore[attr-defined]  # templates do not call it

    async def adelete(self, save: bool = True) -> None:
        """Async twin of `delete`."""
        if not self:
            return
        self.close()
        await self.storage.adelete(self._named())
        self._gone()
        if save:
            await self.instance.asave()

    def _gone(self) -> None:
        self._file = self.name = None
        setattr(self.instance, self.field.attname, None)
        self._committed = False


class FileField(Field[FieldFile]):
    """A file: the storage keeps it, the column its name.

    Args:
        verbose_name: What people call it.
        upload_to: The folder, in which ``strftime`` codes stand for the date of the upload, or a function that takes the
            instance and the name that the client gave and returns the name wanted.
        storage: What keeps the files, or a function returning it, called at each use; the current application's ``default`` if
            left out.
        max_length: Characters of the name with its folders; 100 unless given.
    """

    attr_class: ClassVar[type[FieldFile]] = FieldFile
    is_text: ClassVar[bool] = True
    plain_type: ClassVar[type | None] = str
    description = gettext_lazy("File")

    def __init__(self, verbose_name: Text | None = None, *, null: bool = False, **options: Unpack[FileOptions]) -> None:
        self.upload_to: Any = options.pop("upload_to", "")
        self._given_storage: Any = options.pop("storage", None)
        options.setdefault("max_length", _LENGTH)
        super().__init__(verbose_name, null=null, **cast("FieldOptions", options))

    @property
    def storage(self) -> Storage:
        """What keeps the files.

        Raises:
            LookupError: If none was given, and no application with storages is current.
            TypeError: If the function given returns something else.
        """
        given = self._given_storage
        if given is None:
            known = current.find(STORAGES)
            if known is None:
                raise LookupError(
                    f"{self!r} has no storage. Give it one, as in storage=FileSystemStorage('media') of partita.storage, or "
                    "enter an application that has partita.storage among its packages."
                )
            return known["default"]
        made: Any = given() if callable(given) and (isinstance(given, type) or not hasattr(given, "save")) else given
        if not (hasattr(made, "save") and hasattr(made, "get_available_name")):
            raise TypeError(f"The storage of {self!r} must be a storage, not {made!r:.80}.")
        return cast("Storage", made)

    # -- the attribute ----------------------------------------------------------------------------------------------

    @overload
    def __get__(self, instance: None, owner: object = None) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: object = None) -> FieldFile: ...
    @overload
    def __get__(self, instance: object, owner: object = None) -> Self: ...
    def __get__(self, instance: Any, owner: object = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # as the base's
        if instance is None or not hasattr(instance, "_load_deferred"):
            return self
        values = instance.__dict__
        if self.attname not in values:
            instance._load_deferred(self)
        value = values[self.attname]
        if isinstance(value, FieldFile):
            if value.instance is not instance:  # the instance was copied
                value = values[self.attname] = self.attr_class(instance, self, value.name)
            return value
        if value is None or isinstance(value, str):
            made = self.attr_class(instance, self, value)
        elif hasattr(value, "chunks") or hasattr(value, "read"):
            made = self.attr_class(instance, self, getattr(value, "name", None))
            made.file, made._committed = value, False
        else:
            return value  # an expression, for the database to compute
        values[self.attname] = made
        return made

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.attname] = value

    # -- description ------------------------------------------------------------------------------------------------

    def sql_type(self) -> TypeEngine[Any]:
        """VARCHAR."""
        return String(self.max_length, collation=self.db_collation)

    def get_prep_value(self, value: Any) -> Any:
        """Return the name."""
        return None if value is None else str(value)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add folder and storage."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == _LENGTH:
            del kwargs["max_length"]
        if self.upload_to:
            kwargs["upload_to"] = self.upload_to
        if self._given_storage is not None:
            kwargs["storage"] = self._given_storage
        return name, path, args, kwargs

    # -- saving -----------------------------------------------------------------------------------------------------

    def pre_save(self, instance: Any, add: bool) -> Any:
        """Give the storage what was assigned, and return the file.

        Raises:
            FieldError: If what was assigned has no name.
        """
        file = getattr(instance, self.attname)
        if isinstance(file, FieldFile):
            if file._file is not None and file.name is None:
                raise FieldError(
                    f"File for {self.name} must have the name attribute specified to be saved. Give it one, or use "
                    f"instance.{self.name}.save(name, content)."
                )
            if file and not file._committed:
                file.save(cast("str", file.name), file.file, save=False)
        return file

    def generate_filename(self, instance: Any, filename: str) -> str:
        """Return the name wanted for a file that a client calls ``filename``.

        Raises:
            ValueError: If it would lead out of the storage.
        """
        if callable(self.upload_to):
            filename = cast("str", self.upload_to(instance, filename))
        else:
            folder = dt.datetime.now().astimezone().strftime(str(self.upload_to))
            filename = posixpath.join(folder, filename)
        return self.storage.generate_filename(filename)

    def save_form_data(self, instance: Any, data: Any) -> None:
        """Take what a form gives: a new file, False for none, None for the present one."""
        if data is not None:
            setattr(instance, self.name, data or "")

    def value_to_string(self, instance: Any) -> str:
        """Return the name."""
        return str(self.value_from_object(instance) or "")


def _waited(plain: Callable[..., T], awaiting: Callable[..., Awaitable[T]], *args: Any) -> T:
    """Call a storage's method, or await its twin where an event loop must not be blocked."""
    return bridge.wait(awaiting(*args)) if bridge.active() else plain(*args)
