"""Full text search: what is found, in which order, and how it is shown."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CharField, F, FieldError, Model, Registry, TextField
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
