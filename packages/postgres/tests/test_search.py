"""Full text search: what is found, in which order, and how it is shown."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.migrations.serializer import source
from partita.orm import Case, CharField, F, FieldError, Model, Registry, TextField, Value, When
from partita.postgres import Lexeme, SearchHeadline, SearchQuery, SearchRank, SearchVector, SearchVectorField

texts = Registry()


class Review(Model):
    """What somebody wrote about an album."""

    title = CharField(max_length=100)
    text = TextField(null=True)
    language = CharField(max_length=20, default="english")
    document = SearchVectorField(null=True)

    class Meta:
        registry = texts
        app_label = "texts"
        ordering = ("title",)


@pytest.fixture
def reviews(tables: Callable[..., None]) -> None:
    tables(Review)
    Review.objects.create(title="Kind of Blue", text="Modal jazz played by the finest musicians of the time.")
    Review.objects.create(title="Low", text="A blue electronic album; musician at his best.")
    Review.objects.create(title="Empty")
    Review.objects.create(title="Winterreise", text="Lieder eines Wanderers", language="german")


def titles(rows: Any) -> list[str]:
    return list(rows.values_list("title", flat=True))


@pytest.mark.usefixtures("reviews")
def test_the_look_up_finds_words_in_any_form() -> None:
    assert titles(Review.objects.filter(text__search="musicians")) == ["Kind of Blue", "Low"]
    assert titles(Review.objects.filter(text__search="jazz modal")) == ["Kind of Blue"]
    assert titles(Review.objects.exclude(text__search="jazz")) == ["Empty", "Low", "Winterreise"]
    assert titles(Review.objects.filter(text__search="'); DROP TABLE texts_review; -- & | ! ( :*")) == []


@pytest.mark.usefixtures("reviews")
def test_documents_of_several_fields_and_kinds_of_queries(run: Callable[..., Any]) -> None:
    rows = Review.objects.annotate(found=SearchVector("title", "text", config="english"))
    asked = [
        (SearchQuery("blue"), ["Kind of Blue", "Low"]),
        (SearchQuery("blue") & SearchQuery("electronic"), ["Low"]),
        (SearchQuery("modal") | SearchQuery("electronic"), ["Kind of Blue", "Low"]),
        (~SearchQuery("blue"), ["Empty", "Winterreise"]),
        (~(SearchQuery("modal") | SearchQuery("electronic")), ["Empty", "Winterreise"]),
        (SearchQuery("modal jazz", search_type="phrase"), ["Kind of Blue"]),
        (SearchQuery("jazz modal", search_type="phrase"), []),
        (SearchQuery("blue -electronic", search_type="websearch"), ["Kind of Blue"]),
        (SearchQuery("modal | electronic", search_type="raw"), ["Kind of Blue", "Low"]),
        (SearchQuery(Lexeme("electr", prefix=True) | Lexeme("jazz")), ["Kind of Blue", "Low"]),
        (SearchQuery(Lexeme("blue") & ~Lexeme("electr", prefix=True)), ["Kind of Blue"]),
        (SearchQuery(Lexeme("it's \\ 'odd' | & !")), []),
    ]
    for query, wanted in asked:
        assert titles(rows.filter(found=query)) == wanted, query

    async def main() -> None:
        for query, wanted in asked:
            assert [row.title async for row in rows.filter(found=query)] == wanted

    run(main())


@pytest.mark.usefixtures("reviews")
def test_configurations_by_name_and_by_column() -> None:
    by_column = Review.objects.annotate(found=SearchVector("text", config=F("language")))
    query = SearchQuery("wanderers lied", config="german")
    assert titles(by_column.filter(found=query)) == ["Winterreise"]
    assert titles(Review.objects.annotate(found=SearchVector("text", config="simple")).filter(found=query)) == []


@pytest.mark.usefixtures("reviews")
def test_a_rank_prefers_heavier_words() -> None:
    document = SearchVector("title", weight="A") + SearchVector("text", weight="D")
    rows = Review.objects.annotate(rank=SearchRank(document, SearchQuery("blue"))).filter(rank__gt=0)
    assert titles(rows.order_by("-rank")) == ["Kind of Blue", "Low"]
    turned = SearchRank(document, "blue", weights=[1.0, 0.4, 0.2, 0.1], normalization=2, cover_density=True)
    assert titles(Review.objects.annotate(rank=turned).filter(rank__gt=0).order_by("-rank")) == ["Low", "Kind of Blue"]


@pytest.mark.usefixtures("reviews")
def test_a_headline_marks_what_was_found() -> None:
    headline = SearchHeadline("text", "jazz", start_sel="[", stop_sel="]", highlight_all=True)
    row = Review.objects.annotate(shown=headline).get(title="Kind of Blue")
    assert row.shown.startswith("Modal [jazz] played")  # type: ignore[attr-defined]
    plain = Review.objects.annotate(shown=SearchHeadline("text", SearchQuery("jazz"), config="english"))
    assert "<b>jazz</b>" in plain.get(title="Kind of Blue").shown  # type: ignore[attr-defined]
    with pytest.raises(FieldError, match="double quote"):
        SearchHeadline("text", "x", start_sel='"')


@pytest.mark.usefixtures("reviews")
def test_a_stored_document_is_searched(database: Any) -> None:
    Review.objects.update(document=SearchVector("title", "text"))
    assert titles(Review.objects.filter(document="jazz")) == ["Kind of Blue"]
    assert titles(Review.objects.filter(document=SearchQuery("electronic"))) == ["Low"]
    assert titles(Review.objects.filter(document__search="blue")) == ["Kind of Blue", "Low"]
    assert "'jazz':" in str(Review.objects.get(title="Kind of Blue").document)
    before = len(database.backend.plans)
    for word in ("a", "b", "c"):
        list(Review.objects.filter(document=SearchQuery(word)))
    assert len(database.backend.plans) <= before + 1


def test_wrong_use_is_explained() -> None:
    with pytest.raises(ValueError, match="plain, phrase, raw, websearch"):
        SearchQuery("x", search_type="fuzzy")
    with pytest.raises(ValueError, match="A, B, C or D"):
        SearchVector("title", weight="E")
    with pytest.raises(TypeError, match="at least one"):
        SearchVector()
    with pytest.raises(TypeError, match="its like"):
        SearchQuery("x") & SearchVector("title")
    with pytest.raises(ValueError, match="four numbers"):
        SearchRank("title", "x", weights=[1])
    with pytest.raises(ValueError, match="needs a word"):
        Lexeme(" ")
    with pytest.raises(TypeError, match="configuration"):
        SearchVector("title", config=5)


@pytest.mark.usefixtures("reviews")
def test_text_is_read_in_the_configuration_of_the_query(run: Callable[..., Any]) -> None:
    asked: list[tuple[Any, list[str]]] = [
        (SearchQuery("wanderers", config="german"), ["Winterreise"]),
        (SearchQuery("musician", config="english"), ["Kind of Blue", "Low"]),
        (SearchQuery("musician", config="simple"), ["Low"]),
        (SearchQuery("eines", config="simple") & SearchQuery("lieder", config="simple"), ["Winterreise"]),
        (SearchQuery("eines", config="german"), []),
        (~SearchQuery("musician", config="simple"), ["Empty", "Kind of Blue", "Winterreise"]),
        (SearchQuery("wanderers", config=F("language")), ["Winterreise"]),
    ]
    for query, wanted in asked:
        assert titles(Review.objects.filter(text__search=query)) == wanted, query.sources

    async def main() -> None:
        for query, wanted in asked:
            assert [row.title async for row in Review.objects.filter(text__search=query)] == wanted

    run(main())


@pytest.mark.usefixtures("reviews")
def test_what_is_typed_is_read_in_the_configuration_of_the_document(run: Callable[..., Any]) -> None:
    german = Review.objects.annotate(found=SearchVector("text", config="german"))
    joined = Review.objects.annotate(
        found=SearchVector("title", config="simple") + SearchVector("text", config="simple")
    )
    by_column = Review.objects.annotate(found=SearchVector("text", config=F("language")))
    chosen = Case(When(language="german", then=Value("german")), default=Value("simple"))
    computed = Review.objects.annotate(found=SearchVector("text", config=chosen))
    asked: list[tuple[Any, dict[str, Any], list[str]]] = [
        (german, {"found": "wanderers lied"}, ["Winterreise"]),
        (german, {"found__search": "wanderers lied"}, ["Winterreise"]),
        (german, {"found": Lexeme("lied")}, ["Winterreise"]),
        (joined, {"found": "musician"}, ["Low"]),
        (joined, {"found": "musician winterreise"}, []),
        (by_column, {"found": "wanderers lied"}, ["Winterreise"]),
        (by_column, {"found": "musician"}, ["Kind of Blue", "Low"]),
        (computed, {"found": "wanderers lied"}, ["Winterreise"]),
        (german, {"found": SearchQuery("lieder", config="simple")}, []),
    ]
    for rows, look_up, wanted in asked:
        assert titles(rows.filter(**look_up)) == wanted, look_up

    async def main() -> None:
        for rows, look_up, wanted in asked:
            assert [row.title async for row in rows.filter(**look_up)] == wanted

    run(main())


@pytest.mark.usefixtures("reviews")
def test_a_column_may_say_what_is_searched_for(run: Callable[..., Any]) -> None:
    Review.objects.create(title="electronic", text="An electronic album.")
    Review.objects.update(document=SearchVector("text", config="english"))
    assert titles(Review.objects.filter(text__search=F("title"))) == ["electronic"]
    assert titles(Review.objects.filter(document=F("title"))) == ["electronic"]
    assert titles(Review.objects.filter(text__search=SearchQuery(F("title")))) == ["electronic"]

    async def main() -> list[str]:
        return [row.title async for row in Review.objects.filter(text__search=F("title"))]

    assert run(main()) == ["electronic"]


@pytest.mark.usefixtures("reviews")
def test_lexemes_are_negated_and_weighed() -> None:
    document = SearchVector("title", weight="A", config="english") + SearchVector("text", weight="D", config="english")
    rows = Review.objects.annotate(found=document)
    assert titles(rows.filter(found=Lexeme("blue", invert=True))) == ["Empty", "Winterreise"]
    assert titles(rows.filter(found=~Lexeme("blue", invert=True))) == ["Kind of Blue", "Low"]
    assert titles(rows.filter(found=Lexeme("blue", weight="A"))) == ["Kind of Blue"]
    assert titles(rows.filter(found=Lexeme("blu", weight="d", prefix=True))) == ["Low"]
    assert titles(rows.filter(found=Lexeme("blue", weight="AD"))) == ["Kind of Blue", "Low"]
    weights: list[Any] = ["E", "", 5, "AE"]
    for weight in weights:
        with pytest.raises(ValueError, match="A weight is A, B, C or D"):
            Lexeme("blue", weight=weight)


@pytest.mark.parametrize(
    "join",
    [
        lambda: None + SearchVector("title"),
        lambda: SearchVector("title") + None,
        lambda: None + (SearchVector("title") + SearchVector("text")),
        lambda: SearchVector("title") + "text",
        lambda: SearchQuery("x") | None,
        lambda: (SearchQuery("x") | SearchQuery("y")) & Lexeme("x"),
        lambda: Lexeme("x") & SearchQuery("x"),  # type: ignore[operator]
        lambda: Lexeme("x") | None,  # type: ignore[operator]
    ],
)
def test_what_is_not_alike_is_not_joined(join: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match="combines with its like only"):
        join()


@pytest.mark.parametrize("wrong", [5, 1.5, ["jazz"], b"jazz"])
def test_only_text_is_searched_for(wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
        Review.objects.filter(text__search=wrong)


@pytest.mark.usefixtures("reviews")
@pytest.mark.parametrize(
    "made",
    [
        SearchVector("title", "text"),
        SearchVector("title", "text", config="english", weight="B"),
        SearchVector("text", config=F("language")),
        SearchVector("title", weight="A", config="simple")
        + SearchVector("text", config="simple")
        + SearchVector("title"),
        SearchQuery("blue"),
        SearchQuery("'blue' & 'jazz'", config="english", search_type="raw", invert=True),
        SearchQuery(F("title"), config=F("language"), search_type="websearch"),
        ~((SearchQuery("a") | SearchQuery("b", search_type="phrase")) & ~SearchQuery("c")),
    ],
)
def test_documents_and_queries_are_made_again_from_their_source(made: Any) -> None:
    text, imports = source(made)
    names: dict[str, Any] = {}
    exec("\n".join(sorted(imports)), names)  # as a migration's file does
    again = eval(text, names)
    assert source(again).text == text

    def computed(expression: Any) -> list[Any]:
        return [str(found) for found in Review.objects.annotate(found=expression).values_list("found", flat=True)]

    assert computed(again) == computed(made)


@pytest.mark.usefixtures("reviews")
def test_a_rank_with_other_options_is_another_query() -> None:
    document = SearchVector("title", weight="A") + SearchVector("text", weight="D")
    options: list[dict[str, Any]] = [{}, {"normalization": 2}, {"normalization": 32}, {"weights": [1, 0.5, 0.2, 0.1]}]
    ranks = [
        Review.objects.annotate(rank=SearchRank(document, "blue", **given)).get(title="Low").rank  # type: ignore[attr-defined]
        for given in options
    ]
    assert len(set(ranks)) == len(options)


def test_queries_and_documents_show_what_they_ask() -> None:
    either = SearchQuery("a") | SearchQuery("b")
    for query, shown in (
        (~SearchQuery("a"), "~SearchQuery(Value('a'))"),
        (
            either & ~SearchQuery("c"),
            "((SearchQuery(Value('a')) || SearchQuery(Value('b'))) && ~SearchQuery(Value('c')))",
        ),
        (~either, "~(SearchQuery(Value('a')) || SearchQuery(Value('b')))"),
        (
            SearchQuery("a", config="german", search_type="phrase"),
            "SearchQuery(Value('a'), config='german', search_type='phrase')",
        ),
        (
            SearchVector("title", weight="A") + SearchVector("text", config="german"),
            "(SearchVector(F(title), weight='A') || SearchVector(F(text), config='german'))",
        ),
        (Lexeme("ab", prefix=True) & ~Lexeme("c"), "<Lexeme: ('ab':* & !('c'))>"),
    ):
        assert repr(query) == str(query) == shown
    assert Lexeme("a") == Lexeme("a") != Lexeme("b")
    assert len({Lexeme("a"), Lexeme("a"), Lexeme("a", prefix=True)}) == 2
