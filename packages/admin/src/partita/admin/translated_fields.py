"""A group of fields for each language, on the forms of models with translated fields."""

from collections.abc import Iterator
from importlib.util import find_spec

from partita.admin.base_options import Fieldset
from partita.admin.options import ModelAdmin
from partita.http import Request
from partita.orm import Model
from partita.orm.patterns.translated import TranslatedField

__all__ = ("TranslatedModelAdmin",)


class TranslatedModelAdmin(ModelAdmin):
    """Groups the columns of translated fields by language, behind all other fields; a group is called as its language calls itself."""

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
        return [
            *(group for group in others if group.fields),
            *(Fieldset(_name_of(each), tuple(by_language[each])) for each in order if each in by_language),
        ]


def _columns(model: type[Model]) -> Iterator[tuple[str, str]]:
    """Yield the names of columns with their languages."""
    for kind in reversed(model.__mro__):
        for member in vars(kind).values():
            if isinstance(member, TranslatedField):
                yield from ((member.column_for(language), language) for language in member.languages)


def _name_of(language: str) -> str:
    if find_spec("partita.i18n") is None:
        return language
    from partita.i18n import LanguageError, language_info  # only forms of such models need names of languages

    try:
        return language_info(language).name_local
    except LanguageError:  # one of the project's own
        return language
