import asyncio
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from partita import orm
from partita.forms import Form, IntegerField, RadioSelect, ValidationError
from partita.forms.json_input import form_from_json
from partita.forms.json_schema import form_schema
from partita.forms.models import (
    ModelChoiceField,
    ModelChoiceIterator,
    ModelForm,
    ModelMultipleChoiceField,
    construct_instance,
    model_to_dict,
    modelform_factory,
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


def test_a_form_has_the_fields_that_were_named_in_that_order() -> None:
    assert list(AlbumForm.base_fields) == ["title", "artist", "year", "genres"]
    title = AlbumForm.base_fields["title"]
    assert (title.label, title.help_text, title.required) == ("Name of the album", "As on the cover", True)
    assert not AlbumForm.base_fields["year"].required
    assert isinstance(AlbumForm.base_fields["artist"], ModelChoiceField)
    assert isinstance(AlbumForm.base_fields["genres"], ModelMultipleChoiceField)


def test_a_valid_form_saves_a_new_row_with_its_relations(bach: Artist) -> None:
    genres = [Genre.objects.create(name=name) for name in ("Suite", "Fugue")]
    sent = {"title": "Partitas", "artist": str(bach.pk), "year": "1731", "genres": [str(genre.pk) for genre in genres]}
    form = AlbumForm(sent)
    assert form.is_valid(), form.errors
    album = form.save()
    assert album is form.instance
    found = Album.objects.get()
    assert (found.title, found.artist, found.year, found.kind, found.price) == (
        "Partitas",
        bach,
        1731,
        "s",
        Decimal("9.99"),
    )
    assert {genre.name for genre in found.genres.all()} == {"Suite", "Fugue"}


def test_a_form_for_a_row_shows_and_changes_it(bach: Artist) -> None:
    genre = Genre.objects.create(name="Suite")
    album = Album.objects.create(title="Old", artist=bach, year=1700)
    album.genres.set([genre])
    form = AlbumForm(instance=album)
    assert form.initial == {"title": "Old", "artist": bach.pk, "year": 1700, "genres": [genre]}
    assert f'<option value="{bach.pk}" selected>Bach</option>' in str(form["artist"])
    assert f'<option value="{genre.pk}" selected>Suite</option>' in str(form["genres"])
    changed = AlbumForm({"title": "New", "artist": str(bach.pk), "year": ""}, instance=album)
    assert changed.changed_data == ["title", "year", "genres"]
    assert changed.is_valid()
    changed.save()
    found = Album.objects.get()
    assert (found.pk, found.title, found.year, list(found.genres.all())) == (album.pk, "New", None, [])


def test_saving_can_wait_and_relations_then_too(bach: Artist) -> None:
    genre = Genre.objects.create(name="Suite")
    form = AlbumForm({"title": "A", "artist": str(bach.pk), "genres": [str(genre.pk)]})
    album = form.save(commit=False)
    assert album.pk is None
    assert Album.objects.count() == 0
    album.year = 1720
    album.save()
    form.save_m2m()
    assert list(Album.objects.get().genres.all()) == [genre]


def test_a_form_with_errors_is_not_saved(bach: Artist) -> None:
    form = AlbumForm({"title": "", "artist": str(bach.pk)})
    with pytest.raises(ValueError, match="The Album could not be created because the data didn't validate"):
        form.save()
    assert Album.objects.count() == 0


def test_everything_is_awaited_in_async_code(bach: Artist) -> None:
    genre = Genre.objects.create(name="Suite")

    async def save() -> Album:
        form = AlbumForm({"title": "A", "artist": str(bach.pk), "genres": [str(genre.pk)]})
        assert await form.ais_valid()
        return await form.asave()

    assert asyncio.run(save()).title == "A"
    assert Album.objects.get().genres.get() == genre


def test_errors_of_the_model_come_to_their_fields(bach: Artist) -> None:
    Album.objects.create(title="A", artist=bach)
    for title, field, code in (
        ("forbidden", "title", "not_this"),
        ("whole", None, None),
        ("A", None, "unique_together"),
    ):
        form = AlbumForm({"title": title, "artist": str(bach.pk)})
        assert not form.is_valid()
        assert form.has_error(field, code), form.errors.as_json()
    assert AlbumForm({"title": "A", "artist": str(bach.pk)}, instance=Album.objects.get()).is_valid()


def test_a_value_that_another_row_has_is_refused(bach: Artist) -> None:
    kind = modelform_factory(Artist, fields="__all__")
    form = kind({"name": "Bach"})
    assert not form.is_valid()
    assert form.has_error("name", "unique")
    assert kind({"name": "Bach"}, instance=bach).is_valid()


def test_fields_that_the_form_does_not_have_are_neither_checked_nor_changed(bach: Artist) -> None:
    album = Album.objects.create(title="A", artist=bach, notes="kept", secret="s")
    kind = modelform_factory(Album, fields=["title"])
    form = kind({"title": "B", "notes": "forged", "secret": "forged", "artist": "999", "id": "999"}, instance=album)
    assert form.is_valid()
    form.save()
    found = Album.objects.get()
    assert (found.title, found.notes, found.secret, found.artist, found.pk) == ("B", "kept", "s", bach, album.pk)


def test_a_default_stays_where_nothing_was_sent(bach: Artist) -> None:
    kind = modelform_factory(Album, fields=["title", "artist", "price", "notes"], form=_PriceOptional)
    form = kind({"title": "A", "artist": str(bach.pk)})
    assert form.is_valid()
    assert form.save().price == Decimal("9.99")


class _PriceOptional(ModelForm[Any]):
    price = IntegerField(required=False)


def test_the_values_of_a_row_are_initial_values(bach: Artist) -> None:
    album = Album.objects.create(title="A", artist=bach, released=date(1731, 1, 1))
    assert model_to_dict(album, ["title", "released", "artist"]) == {
        "title": "A", "artist": bach.pk, "released": date(1731, 1, 1),
    }  # fmt: skip
    assert "secret" not in model_to_dict(album)
    assert model_to_dict(Album(), exclude=["title"])["genres"] == []


def test_relations_are_not_saved_if_the_row_is_not(bach: Artist, monkeypatch: pytest.MonkeyPatch) -> None:
    genre = Genre.objects.create(name="Suite")
    form = AlbumForm({"title": "A", "artist": str(bach.pk), "genres": [str(genre.pk)]})
    assert form.is_valid()
    genre.delete()
    broken: Callable[..., None] = lambda: (_ for _ in ()).throw(RuntimeError("relations"))  # noqa: E731 - raises in an expression
    monkeypatch.setattr(form, "save_m2m", broken)
    with pytest.raises(RuntimeError, match="relations"):
        form.save()
    assert Album.objects.count() == 0


def test_a_row_of_another_database_is_saved_there_in_one_transaction(tmp_path: Any) -> None:
    urls = {name: f"sqlite:///{tmp_path}/{name}.sqlite3" for name in ("default", "archive")}
    with orm.Databases(urls) as databases:
        for database in databases.values():
            database.create_all(Artist, Genre, Album)
        bach = Artist.objects.using("archive").create(name="Bach")
        Album.objects.using("archive").create(title="Old", artist=bach)
        album = Album.objects.using("archive").get()
        kind = modelform_factory(Album, fields=["title", "genres"])
        with databases["default"].query_log() as elsewhere, databases["archive"].query_log() as here:
            kind({"title": "New"}, instance=album).save()
        assert Album.objects.using("archive").get().title == "New"
        assert Album.objects.count() == 0
        assert [query for query in elsewhere if "album" in query.sql.lower()] == []
        assert any("album" in query.sql.lower() for query in here)
        databases.close()


def test_values_go_into_the_instance_by_name(bach: Artist) -> None:
    form = AlbumForm({"title": "New", "artist": str(bach.pk), "year": "1700"})
    assert form.is_valid()
    album = construct_instance(form, Album(title="Old"), fields=["title", "year"], exclude=["year"])
    assert (album.title, album.year) == ("New", None)


def test_a_form_of_a_model_has_a_schema_and_takes_json(bach: Artist) -> None:
    schema = form_schema(AlbumForm)
    assert schema["properties"]["title"]["maxLength"] == 60
    assert schema["properties"]["artist"]["type"] == ["string", "number"]
    assert schema["properties"]["genres"]["type"] == ["array", "null"]
    form = form_from_json(AlbumForm, f'{{"title": "A", "artist": {bach.pk}, "genres": []}}')
    assert form.is_valid(), form.errors
    assert form.save().artist == bach
    assert form_from_json(AlbumForm, {"title": "A", "artist": {"pk": 1}}).has_error("artist", "invalid_type")


# Fields whose values are rows.


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
