"""A tab for each language, on the forms of models with translated fields."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

from partita.admin.base_options import Fieldset
from partita.admin.options import ModelAdmin
from partita.contracts.i18n import gettext
from partita.http import Request
from partita.orm import Model
from partita.orm.patterns.translated import TranslatedField

__all__ = ("TranslatedModelAdmin",)


class TranslatedModelAdmin(ModelAdmin):
    """Puts the columns of translated fields into tabs by language, behind all other fields.

    A tab is called as its language calls itself; the one in force is open.
    """

    def get_fieldsets(self, request: Request, obj: Model | None = None) -> list[Fieldset]:
        """Return the groups of the options without columns of languages, then one for each language."""
        groups = super().get_fieldsets(request, obj)
        languages = dict(_columns(self.model))
        shown = [name for group in groups for name in group.fields if name in languages]
        others = [
            Fieldset(group.title, tuple(name for name in group.fields if name not in languages), group.description)
            for group in groups
        ]
        by_language: dict[str, list[str]] = {}
        for name in shown:
            by_language.setdefault(languages[name], []).append(name)
        order = dict.fromkeys(languages.values())  # as the model names them, the one for all texts first
        in_force = {languages[member.column_in_use()] for member in _members(self.model)}
        tabs = gettext("Languages")
        return [
            *(group for group in others if group.fields),
            *(
                Fieldset(_name_of(each), tuple(by_language[each]), "", tabs, each in in_force, each)
                for each in order
                if each in by_language
            ),
        ]


def _members(model: type[Model]) -> Iterator[TranslatedField[Any]]:
    for kind in reversed(model.__mro__):
        yield from (member for member in vars(kind).values() if isinstance(member, TranslatedField))


def _columns(model: type[Model]) -> Iterator[tuple[str, str]]:
    """Yield the names of columns with their languages."""
    for member in _members(model):
        yield from ((member.column_for(language), language) for language in member.languages)


def _name_of(language: str) -> str:
    if find_spec("partita.i18n") is None:
        return language
    from partita.i18n import LanguageError, language_info  # only forms of such models need names of languages

    try:
        return language_info(language).name_local
    except LanguageError:  # one of the project's own
        return language
