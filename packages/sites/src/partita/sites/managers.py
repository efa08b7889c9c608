"""A manager for the rows of the current site."""

from typing import TYPE_CHECKING, Any, TypeVar

from partita.contracts import current
from partita.contracts.checks import Finding
from partita.orm import FieldDoesNotExist, ForeignKey, Manager, ManyToManyField, Model, QuerySet
from partita.sites.errors import NoSiteNamed
from partita.sites.settings import SITES_SETTINGS

if TYPE_CHECKING:
    M = TypeVar("M", bound=Model)
else:
    M = TypeVar("M")

__all__ = ("CurrentSiteManager",)


class CurrentSiteManager(Manager[M]):
    """Rows that belong to the site that the settings name.

    Args:
        field_name: A foreign key or a many-to-many field to `Site`; ``site`` or else ``sites`` unless given.
    """

    def __init__(self, field_name: str | None = None) -> None:
        super().__init__()
        self._field_name = field_name

    @property
    def field_name(self) -> str:
        """The field that says where rows belong."""
        if self._field_name is not None:
            return self._field_name
        try:
            self.model._meta.get_field("site")
        except FieldDoesNotExist:
            return "sites"
        return "site"

    def get_queryset(self) -> QuerySet[M]:
        """Return the rows of the current site.

        Raises:
            NoSiteNamed: If the settings name none.
        """
        settings = current.find(SITES_SETTINGS)
        if settings is None or settings.site_id is None:
            raise NoSiteNamed
        return super().get_queryset().filter(**{f"{self.field_name}__pk": settings.site_id})

    def check(self, **options: Any) -> list[Finding]:
        """Return what is wrong with the field."""
        name, meta = self.field_name, self.model._meta
        try:
            field = meta.get_field(name)
        except FieldDoesNotExist:
            return [
                Finding("sites.E001", "error", f"CurrentSiteManager could not find a field named '{name}'.", obj=self)
            ]
        if isinstance(field, ForeignKey | ManyToManyField):
            return []
        text = f"CurrentSiteManager cannot use '{meta.object_name}.{name}' as it is not a foreign key or a many-to-many field."
        return [Finding("sites.E002", "error", text, obj=self)]
