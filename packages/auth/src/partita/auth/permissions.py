"""Permissions: one row for each thing that may be done with the rows of a model."""

from typing import Any, ClassVar

from partita import bridge
from partita.contenttypes import ContentType
from partita.contracts.i18n import gettext_lazy as _
from partita.orm import CASCADE, CharField, Database, ForeignKey, Manager, Model, on_commit

__all__ = ("Permission", "PermissionManager", "get_permission_codename")

Key = tuple[str, str, str]


def get_permission_codename(action: str, opts: Any) -> str:
    """Return the codename of ``action`` on a model, such as ``change_album``.

    Args:
        action: Such as ``change``.
        opts: The model's ``_meta``.
    """
    return f"{action}_{opts.model_name}"


class PermissionManager(Manager["Permission"]):
    """Finds permissions; what a database has once told, it is not asked again."""

    def get_by_natural_key(self, codename: str, app_label: str, model: str) -> "Permission":
        """Return a permission by its codename and its model.

        Args:
            codename: Such as ``change_album``.
            app_label: Of the model's app.
            model: The model's name in lower case.

        Raises:
            Permission.DoesNotExist: If there is none.
        """
        database = self.get_queryset().database
        key = (codename, app_label, model)
        known = self._known(database).get(key)
        if known is None:
            types = ContentType.objects.db_manager(database)
            try:
                kind = types.get_by_natural_key(app_label, model)
            except ContentType.DoesNotExist as error:
                raise self.model.DoesNotExist(f"There is no permission {codename[:80]!r}: no such model.") from error
            known = self.using(database).get(codename=codename, content_type=kind)
            self._remember(database, key, known)
        return known

    async def aget_by_natural_key(self, codename: str, app_label: str, model: str) -> "Permission":
        """Async twin of `get_by_natural_key`."""
        return await bridge.run(self.get_by_natural_key, codename, app_label, model)

    def clear_cache(self) -> None:
        """Forget what this manager's database has told; needed after rows were changed past their models."""
        self._known(self.get_queryset().database).clear()

    def _known(self, database: Database) -> "dict[Key, Permission]":
        known: dict[Key, Permission] = database.kept.setdefault(PermissionManager, {})
        return known

    def _remember(self, database: Database, key: Key, permission: "Permission") -> None:
        def keep() -> None:
            self._known(database)[key] = permission

        on_commit(keep, using=database)  # what an open transaction made may be undone


class Permission(Model):
    """One thing that may be done with the rows of a model."""

    name = CharField(_("name"), max_length=255)
    content_type = ForeignKey(ContentType, on_delete=CASCADE, verbose_name=_("content type"))
    codename = CharField(_("codename"), max_length=100)

    objects: ClassVar[PermissionManager] = PermissionManager()  # pyright: ignore[reportIncompatibleVariableOverride] # of this class

    class Meta:
        app_label = "auth"
        verbose_name = _("permission")
        verbose_name_plural = _("permissions")
        unique_together = (("content_type", "codename"),)
        ordering = ("content_type__app_label", "content_type__model", "codename")

    def __str__(self) -> str:
        return f"{self.content_type} | {self.name}"

    @property
    def user_perm_str(self) -> str:
        """What `has_perm` asks for, such as ``shop.change_album``."""
        return f"{self.content_type.app_label}.{self.codename}"

    def natural_key(self) -> Key:
        """Return what names the permission in every database."""
        return (self.codename, *self.content_type.natural_key())

    natural_key.dependencies = ("contenttypes.contenttype",)  # type: ignore[attr-defined] # serializers read it

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the permission; what was remembered of it is forgotten."""
        super().save(*args, **kwargs)
        self._forget()

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Delete the permission; what was remembered of it is forgotten."""
        self._forget()
        return super().delete(*args, **kwargs)

    def _forget(self) -> None:
        type(self).objects.db_manager(self._state.db).clear_cache()
