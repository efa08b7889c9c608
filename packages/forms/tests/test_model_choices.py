"""Fields whose values are rows."""

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from partita import orm
from partita.forms import Form, RadioSelect, ValidationError
from partita.forms.models import (
    ModelChoiceField,
    ModelChoiceIterator,
    ModelForm,
    ModelMultipleChoiceField,
)

registry = orm.Registry()


class Artist(orm.Model):
    name = orm.CharField(max_length=40, unique=True)

    class Meta:
        app_label = "shop"
        registry = registry

    def __str__(self) -> str:
        return self.name


class Genre(orm.Model):
    name = orm.CharField(max_length=20)

    class Meta:
        app_label = "shop"
        registry = registry

    def __str__(self) -> str:
        return self.name


class Album(orm.Model):
    title = orm.CharField("name of the album", max_length=60, help_text="As on the cover")
    artist = orm.ForeignKey(Artist, on_delete=orm.CASCADE)
    year = orm.PositiveIntegerField(null=True, blank=True)
    kind = orm.CharField(max_length=1, choices=[("s", "Studio"), ("l", "Live")], default="s")
    notes = orm.TextField(blank=True)
    price = orm.DecimalField(max_digits=6, decimal_places=2, default=Decimal("9.99"))
    sold = orm.BooleanField(default=False)
    released = orm.DateField(null=True, blank=True)
    secret = orm.CharField(max_length=10, editable=False, default="x")
    genres = orm.ManyToManyField(Genre, blank=True)

    class Meta:
        app_label = "shop"
        registry = registry
        unique_together = (("artist", "title"),)

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.title == "forbidden":
            raise ValidationError({"title": ValidationError("Not this.", code="not_this")})
        if self.title == "whole":
            raise ValidationError("Not like this.")


class AlbumForm(ModelForm[Album]):
    class Meta:
        model = Album
        fields = ("title", "artist", "year", "genres")


@pytest.fixture
def database(tmp_path: Any) -> Iterator[orm.Database]:
    url = f"sqlite:///{tmp_path}/shop.sqlite3"
    with orm.Databases({"default": url}) as databases:
        found = databases["default"]
        found.create_all(Artist, Genre, Album)
        yield found
        found.close()


@pytest.fixture
def bach(database: orm.Database) -> Artist:
    return Artist.objects.create(name="Bach")


@pytest.mark.parametrize("sent", ["0", "999", "x", "-1", "1.5", "9" * 30, "1_0", "9" * 5000])
def test_a_key_that_was_not_offered_is_refused(bach: Artist, sent: str) -> None:
    form = AlbumForm({"title": "A", "artist": sent, "genres": [sent]})
    assert not form.is_valid()
    assert form.has_error("artist", "invalid_choice")
    assert form.has_error("genres")


def test_a_key_with_a_nul_is_refused_before_the_database_sees_it(bach: Artist) -> None:
    form = AlbumForm({"title": "A", "artist": "\x00", "genres": ["\x00"]})
    assert form.has_error("artist", "null_characters_not_allowed")
    assert form.has_error("genres", "null_characters_not_allowed")


def test_choices_are_asked_for_anew_by_each_form_and_once_each(database: orm.Database) -> None:
    assert "Bach" not in str(AlbumForm()["artist"])
    Artist.objects.create(name="Bach & Sons")
    form = AlbumForm()
    with database.query_log() as log:
        html = str(form["artist"])
    assert "Bach &amp; Sons" in html
    assert '<option value="" selected>- Select an option -</option>' in html
    assert len(log) == 1


def test_the_rows_offered_can_be_narrowed(bach: Artist) -> None:
    other = Artist.objects.create(name="Handel")

    class Pick(Form):
        artist = ModelChoiceField(Artist.objects, limit_choices_to=lambda: {"name__startswith": "B"})
        several = ModelMultipleChoiceField(Artist.objects.filter(name="Bach"), required=False)
        by_name = ModelChoiceField(Artist.objects.all(), to_field_name="name", required=False)
        round_ones = ModelChoiceField(Artist.objects.all(), widget=RadioSelect, required=False)

    good = Pick({"artist": str(bach.pk), "several": [str(bach.pk)], "by_name": "Handel"})
    assert good.is_valid()
    assert (good.cleaned_data["artist"], good.cleaned_data["by_name"]) == (bach, other)
    several: Any = good.cleaned_data["several"]
    assert list(several) == [bach]
    bad = Pick({"artist": str(other.pk), "several": [str(bach.pk), str(other.pk)]})
    assert not bad.is_valid()
    assert set(bad.errors) == {"artist", "several"}
    assert 'value=""' not in str(Pick()["round_ones"])
    assert 'value="Handel"' in str(Pick()["by_name"])


def test_choices_can_show_something_else(bach: Artist) -> None:
    class Loud(ModelChoiceField):
        def label_from_instance(self, instance: orm.Model) -> object:
            return str(instance).upper()

    class Pick(Form):
        artist = Loud(Artist.objects.all(), empty_label="None of them")

    html = str(Pick())
    assert "BACH" in html
    assert "None of them" in html


def test_async_validation_of_a_plain_form_awaits_its_queries(bach: Artist) -> None:
    class Pick(Form):
        artist = ModelChoiceField(Artist.objects.all())

    async def check(key: str) -> bool:
        return await Pick({"artist": key}).ais_valid()

    assert asyncio.run(check(str(bach.pk)))
    assert not asyncio.run(check("999"))


def test_choices_of_rows_can_be_counted_shown_otherwise_and_are_asked_for_late(bach: Artist) -> None:
    class Loud(ModelChoiceIterator):
        def choice(self, row: Any) -> Any:
            return (row.pk, row.name.upper())

    class LoudField(ModelChoiceField):
        iterator = Loud

    field = LoudField(Artist.objects.all())
    assert list(field.choices)[1:] == [(bach.pk, "BACH")]
    iterator: Any = field.choices
    assert (len(iterator), bool(iterator), iterator.queryset.count()) == (2, True, 1)
    none: Any = ModelChoiceField(Artist.objects.none(), empty_label=None).choices
    assert (len(none), bool(none)) == (0, False)
    assert isinstance(field.clone().choices, Loud)
    field.queryset = Artist.objects.none()
    assert len(list(field.choices)) == 1


def test_a_row_of_another_model_is_no_choice(bach: Artist) -> None:
    field = ModelChoiceField(Artist.objects.all())
    genre = Genre.objects.create(name="Suite")
    assert genre.pk == bach.pk
    assert field.clean(bach) == bach
    with pytest.raises(ValidationError, match="That choice"):
        field.clean(genre)


def test_a_limit_over_another_table_gives_each_row_once(bach: Artist) -> None:
    for title in ("One", "Two"):
        Album.objects.create(title=title, artist=bach)
    for limit in ({"album__title__in": ["One", "Two"]}, orm.Q(album__title__in=["One", "Two"])):
        field = ModelChoiceField(Artist.objects.order_by("name"), limit_choices_to=limit)
        assert list(field.queryset) == [bach]
        assert field.clean(str(bach.pk)) == bach


def test_an_empty_text_among_several_rows_is_no_choice(bach: Artist) -> None:
    field = ModelMultipleChoiceField(Artist.objects.all(), required=False)
    assert list(field.clean([""])) == []  # type: ignore[call-overload]  # a queryset
    assert list(field.clean(["", str(bach.pk)])) == [bach]  # type: ignore[call-overload]
