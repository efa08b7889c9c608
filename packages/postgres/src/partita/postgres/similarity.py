"""Likeness of texts by their trigrams (extension ``pg_trgm``), and texts without accents (extension ``unaccent``)."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, func

from partita.orm import CharField, Field, FloatField, Func, TextField, Transform, Value
from partita.postgres.comparisons import OperatorLookup, of_postgresql

__all__ = (
    "TrigramDistance",
    "TrigramSimilarity",
    "TrigramStrictWordDistance",
    "TrigramStrictWordSimilarity",
    "TrigramWordDistance",
    "TrigramWordSimilarity",
    "Unaccent",
)

_FLOAT, _TEXT = FloatField(), TextField()


class _OfTrigrams(Func):
    """A number from 0 to 1 for two texts."""

    output_field = _FLOAT
    operator: ClassVar[str] = ""  # of a distance: an index can give rows in the order of it, not of a function's result
    text_first: ClassVar[bool] = True

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        of_postgresql(type(self).__name__, compiler)
        source, text = (each.compile(compiler) for each in self.sources)
        first, second = (source, text) if not self.text_first else (text, source)
        made: ColumnElement[Any] = (
            first.op(self.operator)(second).self_group()
            if self.operator
            else getattr(func, self.function)(first, second)
        )
        return made


class TrigramSimilarity(_OfTrigrams):
    """How alike an expression and a text are: 1 for the same trigrams, 0 for none in common.

    Args:
        source: A field's name or an expression.
        text: What to compare it with.
    """

    function, text_first = "similarity", False

    def __init__(self, source: Any, text: Any) -> None:
        super().__init__(source, _text(text))


class TrigramDistance(TrigramSimilarity):
    """The opposite of `TrigramSimilarity`: 0 for the same trigrams. A GiST index serves an order by it."""

    operator = "<->"


class TrigramWordSimilarity(_OfTrigrams):
    """How alike a text and the most similar part of an expression are.

    Args:
        text: What somebody looks for.
        source: A field's name or an expression.
    """

    function = "word_similarity"

    def __init__(self, text: Any, source: Any) -> None:
        super().__init__(source, _text(text))


class TrigramWordDistance(TrigramWordSimilarity):
    """The opposite of `TrigramWordSimilarity`. A GiST index serves an order by it."""

    operator = "<<->"


class TrigramStrictWordSimilarity(TrigramWordSimilarity):
    """Like `TrigramWordSimilarity`, for parts that are whole words."""

    function = "strict_word_similarity"


class TrigramStrictWordDistance(TrigramStrictWordSimilarity):
    """The opposite of `TrigramStrictWordSimilarity`. A GiST index serves an order by it."""

    operator = "<<<->"


class _TrigramSimilar(OperatorLookup):
    lookup_name, operator = "trigram_similar", "%"

    def rhs_field(self) -> Field[Any]:
        return _TEXT


class _TrigramWordSimilar(_TrigramSimilar):
    lookup_name, operator = "trigram_word_similar", "%>"


class _TrigramStrictWordSimilar(_TrigramSimilar):
    lookup_name, operator = "trigram_strict_word_similar", "%>>"


class Unaccent(Transform):
    """A text without accents, on both sides of a comparison: ``name__unaccent="Joao"`` finds João."""

    lookup_name, bilateral, function = "unaccent", True, "unaccent"
    output_field = _TEXT


def register() -> None:
    """Offer the look-ups for text."""
    for kind in (CharField, TextField):
        for lookup in (_TrigramSimilar, _TrigramWordSimilar, _TrigramStrictWordSimilar, Unaccent):
            kind.register_lookup(lookup)


def _text(text: Any) -> Any:
    return Value(text, _TEXT) if isinstance(text, str) else text
