"""Fields for images, which fill columns with their width and height (needs the extra ``images``)."""

from typing import TYPE_CHECKING, Any, ClassVar, Self, Unpack, cast, overload

from partita.contracts.i18n import gettext_lazy
from partita.orm import signals
from partita.orm.fields.base import Text
from partita.orm.fields.files import FieldFile, FileField, FileOptions

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("ImageField", "ImageFieldFile")

Size = tuple[int | None, int | None]


class ImageFieldFile(FieldFile):
    """An image that a row names."""

    _measured: Size | None = None

    @property
    def width(self) -> int | None:
        """Pixels; None if it is no image.

        Raises:
            ValueError: If there is no file.
        """
        return self._dimensions()[0]

    @property
    def height(self) -> int | None:
        """Pixels; None if it is no image.

        Raises:
            ValueError: If there is no file.
        """
        return self._dimensions()[1]

    def _dimensions(self) -> Size:
        self._named()
        if self._measured is None:
            closed = self.closed
            if closed:
                self.open()
            self._measured = _size(self._file)
            if closed:
                self.close()
        return self._measured

    def _kept(self, content: Any) -> None:
        super()._kept(content)
        field = cast("ImageField", self.field)
        if field.width_field or field.height_field:
            self._measured = _size(content) if hasattr(content, "seek") and not content.closed else None
            field.update_dimension_fields(self.instance, force=True)
        else:
            self._measured = None

    def _gone(self) -> None:
        self._measured = None
        super()._gone()


class ImageField(FileField):
    """An image: the storage keeps it, the column its name.

    Args:
        verbose_name: What people call it.
        width_field: The name of a field that gets the width in pixels.
        height_field: The name of a field that gets the height in pixels.
    """

    attr_class: ClassVar[type[FieldFile]] = ImageFieldFile
    description = gettext_lazy("Image")

    def __init__(
        self,
        verbose_name: Text | None = None,
        *,
        width_field: str | None = None,
        height_field: str | None = None,
        null: bool = False,
        **options: Unpack[FileOptions],
    ) -> None:
        self.width_field, self.height_field = width_field, height_field
        super().__init__(verbose_name, null=null, **options)

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: object = None) -> Self: ...
        @overload
        def __get__(self, instance: "Model", owner: object = None) -> ImageFieldFile: ...
        @overload
        def __get__(self, instance: object, owner: object = None) -> Self: ...
        def __get__(self, instance: Any, owner: object = None) -> Any: ...

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the field ``name`` of ``model``."""
        super().contribute_to_class(model, name)
        if not model._meta.abstract and (self.width_field or self.height_field):
            signals.post_init.connect(self._measure_new, sender=model, weak=False, dispatch_uid=(id(model), name))

    def _measure_new(self, instance: Any, **_: Any) -> None:
        self.update_dimension_fields(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        # A new instance gets its values otherwise, and is measured once all are there.
        before = instance.__dict__.get(self.attname)
        super().__set__(instance, value)
        if before is not None:
            self.update_dimension_fields(instance, force=True)

    def update_dimension_fields(self, instance: Any, force: bool = False, **_: Any) -> None:
        """Fill the fields for width and height.

        Args:
            instance: Whose.
            force: Whether to do so even if they have values, as for another image.
        """
        fields = [name for name in (self.width_field, self.height_field) if name]
        if not fields or self.attname not in instance.__dict__:
            return
        file: Any = getattr(instance, self.attname)
        if not isinstance(file, ImageFieldFile) or (not file and not force):
            return
        if not force and all(getattr(instance, name) for name in fields):
            return
        width, height = file._dimensions() if file else (None, None)
        if self.width_field:
            setattr(instance, self.width_field, width)
        if self.height_field:
            setattr(instance, self.height_field, height)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Add the fields for width and height."""
        name, path, args, kwargs = super().deconstruct()
        for option in ("width_field", "height_field"):
            if getattr(self, option):
                kwargs[option] = getattr(self, option)
        return name, path, args, kwargs


def _size(file: Any) -> Size:
    """Return width and height of an open file by its header; twice None if it is no image."""
    from PIL import Image

    place = file.tell()
    try:
        file.seek(0)
        return Image.open(file).size
    except Exception:  # noqa: BLE001 - decoders raise whatever a broken file makes them raise
        return None, None
    finally:
        file.seek(place)
