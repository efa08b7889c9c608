"""Sets of forms that hold each row to what the user may do, whatever was sent."""

from typing import TYPE_CHECKING, Any, ClassVar

import msgspec

from partita.admin.cascade import find_cascade
from partita.contracts.i18n import gettext
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.forms.models import BaseModelFormSet as _Rows

    _Base = _Rows[Any]
else:
    _Base = object

__all__ = ("GuardedRows", "Rights")


class Rights(msgspec.Struct, frozen=True):
    """What a user may do with the rows of an object."""

    view: bool
    add: bool
    change: bool
    delete: bool

    @property
    def any(self) -> bool:
        """Whether the user may do anything."""
        return self.view or self.add or self.change or self.delete


class GuardedRows(_Base):
    """Goes before the class of a set: rows that may not be changed have no fields, so nothing sent can reach them."""

    rights: ClassVar[Rights]

    def may_add(self, form: Any) -> bool:
        """Tell whether the row of ``form`` may be added."""
        return self.rights.add and super().may_add(form)

    def may_change(self, form: Any) -> bool:
        """Tell whether the row of ``form`` may be changed."""
        return self.rights.change and super().may_change(form)

    def may_delete(self, form: Any) -> bool:
        """Tell whether the row of ``form`` may be deleted."""
        return self.rights.delete and super().may_delete(form)

    def get_queryset(self) -> Any:
        """Return the rows; none to those who may only add some."""
        rows = super().get_queryset()
        return rows if self.rights.view or self.rights.change else rows.none()

    def is_locked(self, index: int | None) -> bool:
        """Tell whether the form number ``index`` is for a row that the user may only look at."""
        return index is not None and index < self.initial_form_count() and not self.rights.change

    def add_fields(self, form: Any, index: int | None) -> None:
        """Add the fields that are not about the row; take away those that the user may not fill in."""
        own = list(form.fields)
        super().add_fields(form, index)
        if self.is_locked(index):
            key = self.model._meta.pk.name
            for name in own:
                if name != key:
                    del form.fields[name]

    def clean(self) -> object:
        """Refuse to delete rows that others need."""
        protected: list[str] = []
        gone = [form.instance for form in self.initial_forms if self._should_delete_form(form) and form.instance.pk]
        if gone:
            protected = find_cascade(gone).protected
        if protected:
            text = gettext("These rows cannot be deleted, because others need them: %(rows)s")
            raise ValidationError(text % {"rows": ", ".join(protected)}, code="protected")
        return super().clean()
