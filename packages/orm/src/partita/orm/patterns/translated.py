"""Fields with a column for each language, of which the one in force is read, written and asked for."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from partita.contracts.i18n import current_translator
from partita.orm.errors import ModelError
from partita.orm.fields.base import Field
from partita.orm.fields.private import PrivateField

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("TranslatedField",)

T = TypeVar("T")


class TranslatedField(PrivateField, Generic[T]):
    """One member of a model with a column for each language: ``title`` beside ``title_en`` and ``title_de``.

    ``album.title`` is the text in the language in force, or where that is empty the one in the first language; setting it sets the
    one in force. Queries that name ``title`` (``filter``, ``order_by``, ``values``, ``F`` …) mean the column of the language
    in force when they are made. The columns are fields like any other: forms, admin and migrations see them, and each can be
    named by itself.

    Args:
        field: What each column is; those of all but the first language may be empty (NULL).
        languages: Tags, the first one for texts that nobody translated. A language in force finds its closest relative: ``de``
            serves ``de-at``.

    Raises:
        ModelError: If there are no languages, or one twice.
    """

    def __init__(self, field: Field[T], languages: Sequence[str]) -> None:
        if not languages or isinstance(languages, str) or len(set(languages)) != len(languages):
            raise ModelError(
                f"TranslatedField needs a list of different languages, such as ['en', 'de']: got {languages!r}"
            )
        self._field = field
        self.languages = tuple(tag.lower() for tag in languages)

    def contribute_to_class(self, model: "type[Model]", name: str) -> None:
        """Become the member ``name`` of ``model``, and add the columns.

        It is not listed among the private fields: what the model has are the columns.
        """
        self.model, self.name = model, name
        for number, language in enumerate(self.languages):
            column = self._column(name, language, optional=number > 0)
            column.contribute_to_class(model, self.column_for(language))
        setattr(model, name, self)

    def _column(self, name: str, language: str, *, optional: bool) -> Field[Any]:
        _, _, args, kwargs = self._field.deconstruct()
        if optional:
            kwargs |= {"null": True, "blank": True}
        label = kwargs.get("verbose_name") or (args[0] if args else name.replace("_", " "))
        if not args:
            kwargs["verbose_name"] = f"{label} [{language}]"
        column: Field[Any] = type(self._field)(*args, **kwargs)
        return column

    def column_for(self, language: str) -> str:
        """Return the name of the field for one of `languages`."""
        return f"{self.name}_{language.replace('-', '_')}"

    def column_in_use(self) -> str:
        """Return the name of the field for the language in force."""
        return self.column_for(self._language())

    def _language(self) -> str:
        translator = current_translator()
        if translator is not None:
            parts = translator.language.split("-")
            for end in range(len(parts), 0, -1):
                if (tag := "-".join(parts[:end])) in self.languages:
                    return tag
        return self.languages[0]

    @overload
    def __get__(self, instance: None, owner: type) -> Self: ...
    @overload
    def __get__(self, instance: "Model", owner: type) -> T: ...
    def __get__(self, instance: "Model | None", owner: type) -> Self | T:
        if instance is None:
            return self
        value: Any = getattr(instance, self.column_in_use())
        if value is None or value == "":
            value = getattr(instance, self.column_for(self.languages[0]))
        return value  # type: ignore[no-any-return]  # columns are typed by `_field`

    def __set__(self, instance: "Model", value: T) -> None:
        setattr(instance, self.column_in_use(), value)
