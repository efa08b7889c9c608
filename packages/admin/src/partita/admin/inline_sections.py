"""What the page of an object shows of the rows that are edited along with it."""

from typing import TYPE_CHECKING, Any

import msgspec

from partita.admin.form_rows import FormRow, FormSection, row_of
from partita.contracts.i18n import gettext
from partita.forms.formsets import ADD_BUTTON_NAME, DELETION_FIELD_NAME
from partita.http import Request

if TYPE_CHECKING:
    from partita.admin.inlines import InlineModelAdmin

__all__ = ("InlineRow", "InlineSection", "section_of")


class InlineRow(msgspec.Struct, frozen=True):
    """One row: its lines, and what belongs to all of them.

    Args:
        number: From 1; empty in the one that a script copies.
        text: The row itself, if it is stored.
        form: Its form.
        sections: Its lines in groups.
        deletion: The box that deletes it, or None.
        url: Its own page, or empty.
        is_removed: Whether the box was ticked on a page that is shown again.
    """

    number: str
    text: str
    form: Any
    sections: list[FormSection]
    deletion: Any
    url: str
    is_removed: bool

    @property
    def cells(self) -> list[FormRow]:
        """All lines, whatever group they are in."""
        return [row for section in self.sections for row in section.rows]


class InlineSection(msgspec.Struct, frozen=True):
    """The rows of one kind.

    Args:
        inline: What they are made by.
        formset: Their forms.
        rows: As they are shown.
        blank: One that a script copies; None where none may be added.
    """

    inline: "InlineModelAdmin"
    formset: Any
    rows: list[InlineRow]
    blank: InlineRow | None

    @property
    def template(self) -> str:
        """The template of the rows."""
        return self.inline.template

    @property
    def title(self) -> str:
        """The name of several, or of one if there can be only one."""
        name = self.inline.singular if self.formset.max_num == 1 else self.inline.plural
        return name[:1].upper() + name[1:]

    @property
    def name(self) -> str:
        """The name of one."""
        return self.inline.singular[:1].upper() + self.inline.singular[1:]

    @property
    def heads(self) -> list[FormRow]:
        """A line for each column."""
        shown = self.blank or (self.rows[0] if self.rows else None)
        return [] if shown is None else shown.cells

    @property
    def has_deletion(self) -> bool:
        """Whether there is a column for it."""
        return any(row.deletion is not None for row in self.rows) or bool(self.blank and self.blank.deletion)

    @property
    def has_errors(self) -> bool:
        """Whether anything in the rows is wrong."""
        return bool(self.formset.is_bound and (any(self.formset.errors) or self.formset.non_form_errors()))

    @property
    def is_collapsed(self) -> bool:
        """Whether it opens at a click; never if something in it is wrong."""
        return "collapse" in self.inline.classes

    @property
    def style(self) -> str:
        """The classes of the group."""
        return " ".join(self.inline.classes)

    @property
    def most(self) -> int:
        """The largest number of rows."""
        return int(min(self.formset.max_num, self.formset.absolute_max))

    @property
    def is_full(self) -> bool:
        """Whether there is no room for one more."""
        return len(self.rows) >= self.most

    @property
    def add_button(self) -> str:
        """The name of the button for one more row."""
        return f"{self.formset.prefix}-{ADD_BUTTON_NAME}"

    @property
    def add_text(self) -> str:
        """What stands on it."""
        return gettext("Add another: %(name)s") % {"name": self.name}

    @property
    def remove_text(self) -> str:
        """What stands on a script's button that removes a row."""
        return gettext("Remove")

    @property
    def delete_text(self) -> str:
        """What stands beside the box that deletes a row."""
        return gettext("Delete")

    @property
    def open_text(self) -> str:
        """What stands on the link to a row's own page."""
        return gettext("Open its page")

    @property
    def none_text(self) -> str:
        """What stands there instead of rows."""
        return gettext("There are none.")

    @property
    def added_text(self) -> str:
        """What a script tells screen readers."""
        return gettext("%(name)s %(number)s added.") % {"name": self.name, "number": "{}"}

    @property
    def removed_text(self) -> str:
        """What a script tells screen readers."""
        return gettext("%(name)s %(number)s removed.") % {"name": self.name, "number": "{}"}


def section_of(inline: "InlineModelAdmin", request: Request, formset: Any, obj: Any, may_save: bool) -> InlineSection:
    """Return what is shown of a set of forms.

    Args:
        inline: What the set was made by.
        request: Who asks.
        formset: The set.
        obj: The object that the rows belong to; None for a new one.
        may_save: Whether anything can be changed.
    """
    groups = inline.get_fieldsets(request, obj)

    def row(number: str, form: Any) -> InlineRow:
        stored = None if form.instance._state.adding else form.instance
        sections = [
            FormSection(
                group.title, group.description, [row_of(inline, form, name, stored, may_save) for name in group.fields]
            )
            for group in groups
        ]
        box = form[DELETION_FIELD_NAME] if may_save and DELETION_FIELD_NAME in form.fields else None
        removed = form.is_bound and box is not None and bool(box.value())
        return InlineRow(
            number, "" if stored is None else str(stored), form, sections, box, _url(inline, request, stored), removed
        )

    shown = formset.forms if may_save else formset.initial_forms
    rows = [row(str(index), form) for index, form in enumerate(shown, 1)]
    blank = row("", formset.empty_form) if may_save and not formset.edit_only and formset.max_num > 0 else None
    return InlineSection(inline, formset, rows, blank)


def _url(inline: "InlineModelAdmin", request: Request, row: Any) -> str:
    if row is None or not inline.show_change_link:
        return ""
    admin = inline.site.find_model_admin(inline.model)
    return admin.url_for("change", row) if admin is not None and admin.has_view_permission(request, row) else ""
