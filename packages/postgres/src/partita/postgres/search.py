"""Full text search: documents, queries, ranks and headlines.

PostgreSQL's manual, chapter 12, says what the functions do.
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, ClassVar, Self

from sqlalchemy import ColumnElement, Integer, cast, func, literal_column
from sqlalchemy.dialects.postgresql import REGCONFIG, TSVECTOR
from sqlalchemy.types import TypeEngine, UserDefinedType

from partita.orm import CharField, F, Field, FieldError, FloatField, Func, TextField, Value
from partita.orm.expressions import Composed, Ref, expression
from partita.postgres.comparisons import OperatorLookup, of_postgresql, stored_as

__all__ = ("Lexeme", "SearchHeadline", "SearchQuery", "SearchRank", "SearchVector", "SearchVectorField")

_TEXT = TextField()
_WEIGHTS = frozenset("ABCD")
_QUERIES: Mapping[str, str] = MappingProxyType(
    {
        "plain": "plainto_tsquery",
        "phrase": "phraseto_tsquery",
        "raw": "to_tsquery",
        "websearch": "websearch_to_tsquery",
    }
)


class _TsQuery(UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "TSQUERY"


class SearchVectorField(Field[str]):
    """A document, split into lexemes; mostly kept by the database, in a generated column or by a trigger."""

    empty_strings_allowed = False

    def sql_type(self) -> TypeEngine[Any]:
        """TSVECTOR."""
        return TSVECTOR()

    def from_driver(self, dialect: str) -> Any:
        """Text, as PostgreSQL writes it."""
        return str


class _QueryField(Field[str]):
    """What a search is for."""

    def sql_type(self) -> TypeEngine[Any]:
        return _TsQuery()

    def from_driver(self, dialect: str) -> Any:
        return str


_VECTOR, _QUERY, _FLOAT = SearchVectorField(), _QueryField(), FloatField()


class _Configured(Composed):
    """What is read in a text search configuration, the last of its sources if it has one."""

    has_config = False

    @property
    def config(self) -> Any:
        """The configuration; None for the database's own."""
        return self.sources[-1] if self.has_config else None

    def _parts(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the other sources, and the configuration as an option."""
        if not self.has_config:
            return self.sources, {}
        return self.sources[:-1], {"config": _plain(self.sources[-1])}

    def _shown(self, **options: Any) -> str:
        """Return the call that makes it, for people who look at a query."""
        sources, own = self._parts()
        given = [f"{name}={value!r}" for name, value in (own | options).items() if value is not None]
        return f"{type(self).__name__}({', '.join([*map(repr, sources), *given])})"


class SearchVector(_Configured):
    """A document made of one or more expressions.

    Args:
        expressions: Names of fields, or expressions; what is no text is turned into text.
        config: The text search configuration, such as ``german``, or ``F("language")``; the database's own otherwise.
        weight: ``A`` (most important) to ``D``.
    """

    output_field = _VECTOR

    def __init__(self, *expressions: Any, config: Any = None, weight: str | None = None) -> None:
        if not expressions:
            raise TypeError("SearchVector needs at least one field or expression.")
        if weight is not None and weight not in _WEIGHTS:
            raise ValueError(f"A weight is A, B, C or D, not {weight!r}.")
        self.sources = (*(expression(each) for each in expressions), *_config(config))
        self.has_config, self.weight = config is not None, weight

    def options(self) -> Hashable:
        """Weight, and whether there is a configuration."""
        return (self.has_config, self.weight)

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """TO_TSVECTOR of the texts with blanks between."""
        of_postgresql("SearchVector", compiler)
        compiled = [source.compile(compiler) for source in self.sources]
        config = [cast(compiled.pop(), REGCONFIG)] if self.has_config else []
        texts = [
            func.coalesce(each if source.output.is_text else cast(each, _TEXT.sql_type()), "")
            for each, source in zip(compiled, self.sources, strict=False)
        ]
        text: Any = texts[0]
        for each in texts[1:]:
            text = text.op("||")(" ").op("||")(each)
        vector: ColumnElement[Any] = func.to_tsvector(*config, text)
        return vector if self.weight is None else func.setweight(vector, literal_column(f"'{self.weight}'"))

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what makes an equal document, for migrations: indexes and generated columns have such."""
        sources, options = self._parts()
        if self.weight is not None:
            options["weight"] = self.weight
        return "partita.postgres.SearchVector", sources, options

    def __repr__(self) -> str:
        return self._shown(weight=self.weight)

    def __add__(self, other: Any) -> Any:
        return _Joined(self, "||", other, _VECTOR)

    def __radd__(self, other: Any) -> Any:
        raise _not_alike(self, other)


class SearchQuery(_Configured):
    """What is searched for. Queries combine with ``&``, ``|`` and ``~``.

    Args:
        value: What somebody typed, or an expression; always a bound parameter.
        config: As for `SearchVector`.
        invert: Find what does not match.
        search_type: ``plain`` (all words), ``phrase`` (in this order), ``websearch`` (quotes, ``or`` and ``-``; takes
            anything without an error) or ``raw`` (operators of PostgreSQL; an error for anything else).
    """

    output_field = _QUERY

    def __init__(self, value: Any, *, config: Any = None, invert: bool = False, search_type: str = "plain") -> None:
        if search_type not in _QUERIES:
            raise ValueError(f"Unknown search_type {search_type!r}; there are {', '.join(_QUERIES)}.")
        if isinstance(value, Lexeme):
            search_type, value = "raw", value.text
        self.sources = (Value(value, _TEXT) if isinstance(value, str) else expression(value), *_config(config))
        self.has_config, self.invert, self.search_type = config is not None, invert, search_type

    def options(self) -> Hashable:
        """How it is read, and whether it is turned around."""
        return (self.has_config, self.invert, self.search_type)

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The function that reads it."""
        of_postgresql("SearchQuery", compiler)
        value, *config = [source.compile(compiler) for source in self.sources]
        configured = [cast(each, REGCONFIG) for each in config]
        query: ColumnElement[Any] = getattr(func, _QUERIES[self.search_type])(*configured, value)
        return func.tsquery_not(query) if self.invert else query

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what makes an equal query, for migrations: a constraint's condition may have one."""
        (value,), options = self._parts()
        options |= {"invert": True} if self.invert else {}
        options |= {"search_type": self.search_type} if self.search_type != "plain" else {}
        return "partita.postgres.SearchQuery", (_plain(value),), options

    def __repr__(self) -> str:
        shown = self._shown(search_type=None if self.search_type == "plain" else self.search_type)
        return f"~{shown}" if self.invert else shown

    def __and__(self, other: Any) -> "_JoinedQuery":
        return _JoinedQuery(self, "&&", other, _QUERY)

    def __or__(self, other: Any) -> "_JoinedQuery":
        return _JoinedQuery(self, "||", other, _QUERY)

    def __invert__(self) -> Self:
        copy = self.copy()
        copy.invert = not self.invert
        return copy


class _Joined(Composed):
    """Documents or queries with an operator between."""

    _functions: ClassVar[Mapping[str, str]] = MappingProxyType({"||": "add"})  # of Python's module, by operators of SQL

    def __init__(self, left: Any, operator: str, right: Any, field: Field[Any]) -> None:
        if not isinstance(right, Composed) or not isinstance(right.output_field, type(field)):
            raise _not_alike(left, right)
        self.sources, self.operator, self.output_field = (left, right), operator, field

    def options(self) -> Hashable:
        return self.operator

    @property
    def config(self) -> Any:
        """That of the first part."""
        return self.sources[0].config

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what joins the parts again, for migrations."""
        return f"operator.{self._functions[self.operator]}", self.sources, {}

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        left, right = (source.compile(compiler) for source in self.sources)
        joined: ColumnElement[Any] = left.op(self.operator)(right)
        return joined.self_group()

    def __repr__(self) -> str:
        return f"({f' {self.operator} '.join(map(repr, self.sources))})"

    def __add__(self, other: Any) -> Any:
        return _Joined(self, "||", other, _VECTOR)

    def __radd__(self, other: Any) -> Any:
        raise _not_alike(self, other)


class _JoinedQuery(_Joined):
    _functions = MappingProxyType({"||": "or_", "&&": "and_", "!!": "invert"})

    def __and__(self, other: Any) -> "_JoinedQuery":
        return _JoinedQuery(self, "&&", other, _QUERY)

    def __or__(self, other: Any) -> "_JoinedQuery":
        return _JoinedQuery(self, "||", other, _QUERY)

    def __invert__(self) -> "_NegatedQuery":
        return _NegatedQuery(self)


class _NegatedQuery(_JoinedQuery):
    def __init__(self, query: Any) -> None:
        self.sources, self.operator, self.output_field = (query,), "!!", _QUERY

    def __repr__(self) -> str:
        return f"~{self.sources[0]!r}"

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        return func.tsquery_not(self.sources[0].compile(compiler))


class Lexeme:
    """One word for a raw `SearchQuery`, quoted so that nothing in it is an operator; combines with ``&``, ``|``, ``~``.

    Args:
        value: The word; an empty one is refused.
        invert: Find what does not have it, as ``~`` does.
        prefix: Find what begins with it.
        weight: Find it only where it has this weight, or one of several: ``"A"``, ``"AB"``.
    """

    def __init__(self, value: str, *, invert: bool = False, prefix: bool = False, weight: str | None = None) -> None:
        if not isinstance(value, str):
            raise TypeError(f"A Lexeme is made of a word, not of {type(value).__name__}.")
        if not value.strip():
            raise ValueError("A Lexeme needs a word.")
        weights = "" if weight is None else weight
        if not isinstance(weights, str) or not set(weights.upper()) <= _WEIGHTS or weight == "":
            raise ValueError(f"A weight is A, B, C or D, not {weight!r:.80}.")
        quoted = re.sub(r"['\\]", r"\g<0>\g<0>", value.replace("\0", ""))
        marks = ("*" if prefix else "") + weights.upper()
        word = f"'{quoted}'" + (f":{marks}" if marks else "")
        self.text = f"!({word})" if invert else word

    def __and__(self, other: "Lexeme") -> "Lexeme":
        return self._joined("&", other)

    def __or__(self, other: "Lexeme") -> "Lexeme":
        return self._joined("|", other)

    def __invert__(self) -> "Lexeme":
        return self._made(f"!({self.text})")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Lexeme) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"<Lexeme: {self.text}>"

    def _joined(self, operator: str, other: "Lexeme") -> "Lexeme":
        if not isinstance(other, Lexeme):
            raise _not_alike(self, other)
        return self._made(f"({self.text} {operator} {other.text})")

    @staticmethod
    def _made(text: str) -> "Lexeme":
        made = object.__new__(Lexeme)
        made.text = text
        return made


class SearchRank(Composed):
    """How well a document fits a query; larger is better.

    Args:
        vector: A document, or the name of a field.
        query: A `SearchQuery`, or what somebody typed.
        weights: Four numbers from 0 to 1, of the weights D, C, B, A in this order.
        normalization: A sum of PostgreSQL's flags for the length of the document, such as ``2 | 4``, or an expression.
        cover_density: Count how near to one another the words stand.
    """

    output_field = _FLOAT

    def __init__(
        self,
        vector: Any,
        query: Any,
        *,
        weights: Sequence[float] | None = None,
        normalization: Any = None,
        cover_density: bool = False,
    ) -> None:
        if weights is not None and len(weights) != 4:
            raise ValueError("Weights are four numbers, of D, C, B and A.")
        computed = hasattr(normalization, "resolve")
        self.sources = (_document(vector), _query(query), *([expression(normalization)] if computed else []))
        self.weights = None if weights is None else tuple(float(each) for each in weights)
        self.normalization = None if normalization is None or computed else int(normalization)
        self.cover_density = cover_density

    def options(self) -> Hashable:
        """All that is no expression."""
        return (self.weights, self.normalization, self.cover_density)

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """TS_RANK or TS_RANK_CD."""
        of_postgresql("SearchRank", compiler)
        document, query, *computed = [source.compile(compiler) for source in self.sources]
        arguments: list[Any] = [document, query, *(cast(each, Integer) for each in computed)]
        if self.weights is not None:
            literal = "{" + ",".join(map(repr, self.weights)) + "}"
            arguments.insert(0, cast(cast(literal, _TEXT.sql_type()), _Real4Array()))
        if self.normalization is not None:
            arguments.append(self.normalization)
        return (func.ts_rank_cd if self.cover_density else func.ts_rank)(*arguments)


class _Real4Array(UserDefinedType[Any]):
    cache_ok = True

    def get_col_spec(self, **options: Any) -> str:
        return "REAL[]"


class SearchHeadline(Func):
    """A part of the document with the words that were found marked.

    The document is not escaped: mark it with texts that HTML does not know, escape, and put the tags in then, if it
    may hold HTML that others wrote.

    Args:
        source: The text: a field's name or an expression.
        query: A `SearchQuery`, or what somebody typed.
        config: As for `SearchVector`.
        start_sel, stop_sel: What stands before and after a word found.
        max_words, min_words, short_word, highlight_all, max_fragments, fragment_delimiter: PostgreSQL's options.
    """

    output_field = _TEXT

    def __init__(
        self,
        source: Any,
        query: Any,
        *,
        config: Any = None,
        start_sel: str | None = None,
        stop_sel: str | None = None,
        max_words: int | None = None,
        min_words: int | None = None,
        short_word: int | None = None,
        highlight_all: bool | None = None,
        max_fragments: int | None = None,
        fragment_delimiter: str | None = None,
    ) -> None:
        given = {
            "StartSel": start_sel,
            "StopSel": stop_sel,
            "MaxWords": max_words,
            "MinWords": min_words,
            "ShortWord": short_word,
            "HighlightAll": highlight_all,
            "MaxFragments": max_fragments,
            "FragmentDelimiter": fragment_delimiter,
        }
        chosen = [f"{name}={_option(value)}" for name, value in given.items() if value is not None]
        self.has_config, self.has_options = config is not None, bool(chosen)
        self.extra = {}
        self.sources = (
            expression(source),
            _query(query),
            *([Value(", ".join(chosen), _TEXT)] if chosen else []),
            *_config(config),
        )

    def options(self) -> Hashable:
        """What is there besides text and query."""
        return (self.has_config, self.has_options)

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """TS_HEADLINE."""
        of_postgresql("SearchHeadline", compiler)
        arguments: list[Any] = [source.compile(compiler) for source in self.sources]
        if self.has_config:
            arguments.insert(0, cast(arguments.pop(), REGCONFIG))
        return func.ts_headline(*arguments)


class SearchLookup(OperatorLookup):
    """``title__search="modal jazz"``: text is a document, what is right of it a plain query."""

    lookup_name, operator = "search", "@@"

    def get_prep_lookup(self) -> Any:
        """Make a query of what is typed, and of an expression that gives text; in the document's configuration, if it has one.

        Raises:
            TypeError: If it is neither text nor an expression.
        """
        rhs = self.rhs
        if not isinstance(rhs, str | Lexeme) and not _gives_text(rhs):
            if not hasattr(rhs, "resolve"):
                raise TypeError(
                    f"A search is for text, a Lexeme, a SearchQuery or an expression, not {type(rhs).__name__}."
                )
            return rhs
        return SearchQuery(rhs, config=_fresh(_config_of(self.lhs)))

    def compile(self, compiler: Any) -> ColumnElement[Any]:
        """The document, the operator and the query; text is read in the configuration of the query."""
        of_postgresql("The look-up search", compiler)
        lhs: ColumnElement[Any] = self.lhs.compile(compiler)
        if not isinstance(stored_as(self.lhs.output), SearchVectorField):
            config = _config_of(self.rhs)
            configured = () if config is None else (cast(config.compile(compiler), REGCONFIG),)
            lhs = func.to_tsvector(*configured, func.coalesce(lhs, ""))
        return lhs.op(self.operator, is_comparison=True)(self.rhs.compile(compiler))


class _VectorExact(SearchLookup):
    """``filter(vector=SearchQuery(...))``: a document is compared by searching in it."""

    lookup_name = "exact"


def register() -> None:
    """Offer ``search`` for text and documents."""
    for kind in (CharField, TextField, SearchVectorField):
        kind.register_lookup(SearchLookup)
    SearchVectorField.register_lookup(_VectorExact)


def _plain(source: Any) -> Any:
    return source.value if isinstance(source, Value) else source


def _config_of(side: Any) -> Any:
    """Return the configuration of a document or a query, also of one that is called by the name of an annotation."""
    return getattr(side.source if isinstance(side, Ref) else side, "config", None)


def _fresh(expression: Any) -> Any:
    """Return an expression with values of its own. A plan knows values by identity: one that serves both sides here would have to
    serve them in every query of this shape."""
    if isinstance(expression, Value):
        return Value(expression.value, expression.output_field)
    if isinstance(expression, Composed):
        again = expression.copy()
        again.set_source_expressions(list(map(_fresh, expression.sources)))
        return again
    return expression


def _gives_text(rhs: Any) -> bool:
    try:
        return bool(rhs.output.is_text) and not isinstance(rhs.output, _QueryField)
    except (AttributeError, FieldError):
        return False  # a name that is not resolved yet: it is asked again then


def _not_alike(one: Any, other: Any) -> TypeError:
    return TypeError(f"{type(one).__name__} combines with its like only, not with {type(other).__name__}.")


def _config(config: Any) -> tuple[Any, ...]:
    if config is None:
        return ()
    if isinstance(config, str):
        return (Value(config, _TEXT),)
    if not (isinstance(config, F) or hasattr(config, "resolve")):
        raise TypeError(f"A configuration is a name, F() or an expression, not {type(config).__name__}.")
    return (expression(config),)


def _document(vector: Any) -> Any:
    if isinstance(vector, str):
        return SearchVector(vector)
    return expression(vector)


def _query(query: Any) -> Any:
    return SearchQuery(query) if isinstance(query, str | Lexeme) else expression(query)


def _option(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    text = str(value)
    if '"' in text or "\0" in text:
        raise FieldError("Options of a headline cannot hold a double quote or NUL.")
    return f'"{text}"'
