"""Classes of model forms: Meta, the factory, and the form fields that models give."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from partita import orm
from partita.forms import (
    CharField,
    ColorInput,
    Field,
    HiddenInput,
    IntegerField,
    SlugField,
    Textarea,
    TypedChoiceField,
    ValidationError,
)
from partita.forms.models import (
    FormFieldMixin,
    ModelForm,
    ModelFormError,
    UnknownFieldError,
    default_formfield,
    fields_for_model,
    formfield,
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


def test_meta_says_how_fields_differ_from_the_model() -> None:
    class Styled(ModelForm[Album]):
        extra = CharField()
        year = IntegerField(label="Year of the recording")
        kind = None

        class Meta:
            model = Album
            exclude = ("genres", "artist")
            widgets = {"title": Textarea, "price": HiddenInput()}
            labels = {"title": "Title!"}
            help_texts = {"title": "None"}
            error_messages = {"title": {"required": "Write one."}}
            field_classes = {"notes": CharField}

    assert list(Styled.base_fields) == ["title", "year", "notes", "price", "sold", "released", "extra"]
    form = Styled({})
    assert form.errors["title"] == ["Write one."]
    assert (form["title"].label, form["title"].help_text, form["year"].label) == (
        "Title!",
        "None",
        "Year of the recording",
    )
    assert str(form["title"]).startswith("<textarea ")
    assert form["price"].is_hidden


def test_a_form_that_names_no_fields_is_refused_with_the_reason() -> None:
    with pytest.raises(ModelFormError, match="neither fields nor exclude"):
        type("Open", (ModelForm,), {"Meta": type("Meta", (), {"model": Album})})
    with pytest.raises(ModelFormError, match=r"Unknown field\(s\) \(titel\)"):
        modelform_factory(Album, fields=["titel"])
    with pytest.raises(ModelFormError, match="non-editable"):
        modelform_factory(Album, fields=["secret"])
    with pytest.raises(ModelFormError, match=r"type: \('title',\)"):
        modelform_factory(Album, fields="title")
    with pytest.raises(ModelFormError, match="has no model class"):
        ModelForm()


def test_a_form_class_inherits_fields_and_meta() -> None:
    class Child(AlbumForm):
        extra = CharField()

        class Meta(AlbumForm.Meta):
            fields = ("title", "extra")  # type: ignore[assignment]  # other fields than the base class

    assert list(Child.base_fields) == ["title", "extra"]
    assert "extra" not in AlbumForm.base_fields


class Everything(orm.Model):
    char = orm.CharField(max_length=9)
    text = orm.TextField()
    email = orm.EmailField()
    url = orm.URLField()
    slug = orm.SlugField()
    uuid = orm.UUIDField()
    address = orm.GenericIPAddressField()
    integer = orm.IntegerField()
    big = orm.BigIntegerField()
    positive = orm.PositiveIntegerField()
    number = orm.FloatField()
    decimal = orm.DecimalField(max_digits=5, decimal_places=2)
    boolean = orm.BooleanField()
    perhaps = orm.BooleanField(null=True)
    day = orm.DateField()
    moment = orm.DateTimeField()
    clock = orm.TimeField()
    span = orm.DurationField()
    data = orm.JSONField()

    class Meta:
        app_label = "shop"
        registry = registry


def test_every_field_of_a_model_has_a_form_field_and_what_was_sent_comes_back(database: orm.Database) -> None:
    database.create_all(Everything)
    kind = modelform_factory(Everything, fields="__all__")
    sent = {
        "char": "a", "text": "b", "email": "a@b.de", "url": "http://a.de", "slug": "a-b", "uuid": "550e8400e29b41d4a716446655440000",
        "address": "::1", "integer": "-1", "big": "9", "positive": "3", "number": "1.5", "decimal": "1.25", "boolean": "on",
        "perhaps": "false", "day": "2026-11-21", "moment": "2026-11-21T07:30", "clock": "07:30", "span": "1:00:00", "data": '{"a": 1}',
    }  # fmt: skip
    form = kind(sent)
    assert form.is_valid(), form.errors.as_json()
    row = Everything.objects.get(pk=form.save().pk)
    assert (row.decimal, row.boolean, row.perhaps, row.day, row.data) == (
        Decimal("1.25"),
        True,
        False,
        date(2026, 11, 21),
        {"a": 1},
    )
    assert (row.moment, row.span) == (datetime(2026, 11, 21, 7, 30, tzinfo=UTC), timedelta(hours=1))
    again = kind({name: str(kind(instance=row)[name].value()) for name in sent}, instance=row)
    assert again.is_valid(), again.errors.as_json()
    assert again.changed_data == []
    assert 'min="0"' in str(kind()["positive"])
    assert set(kind({}).errors) == set(sent) - {"boolean", "perhaps"}


def test_keys_and_binary_fields_are_not_shown() -> None:
    assert formfield(Album._meta.pk) is None
    assert formfield(Album._meta.get_field("title"), label="x", max_length=3).label == "x"  # type: ignore[union-attr]  # text has one


def test_a_field_of_a_model_may_bring_its_own_form_field() -> None:
    class Shout(orm.CharField[str]):
        def formfield(self, **options: Any) -> CharField:
            return CharField(label="SHOUT", **options)

    assert formfield(Shout(max_length=3), required=False).label == "SHOUT"  # type: ignore[union-attr]  # it brings one


def test_a_field_of_a_model_may_change_what_its_form_field_would_be() -> None:
    class Color(FormFieldMixin, orm.CharField[str]):
        def formfield(self, *args: Any, **options: Any) -> Field | None:
            return super().formfield(*args, **{"widget": ColorInput, "form_class": SlugField, **options})

    class Loud(TypedChoiceField):
        pass

    color = formfield(Color("the color", max_length=7), required=False)
    assert isinstance(color, SlugField)
    assert isinstance(color.widget, ColorInput)
    assert (color.max_length, color.label, color.required) == (7, "The color", False)
    assert isinstance(formfield(Color(max_length=7), widget=Textarea()).widget, Textarea)  # type: ignore[union-attr]  # it has one
    kind = Color(max_length=1, choices=[("a", "A")])
    assert type(kind.formfield()) is TypedChoiceField
    assert type(kind.formfield(choices_form_class=Loud)) is Loud
    assert type(formfield(orm.CharField(max_length=1, choices=[("a", "A")]), Loud)) is Loud
    assert type(default_formfield(Color(max_length=7))) is CharField


def test_choices_of_a_model_field_are_typed_and_have_a_blank_one_only_where_it_can_be_chosen() -> None:
    kind = formfield(Album._meta.get_field("kind"))
    assert kind is not None
    html = str(kind.widget.render("kind", "s"))
    assert html.count("<option") == 2
    assert kind.clean("l") == "l"
    with pytest.raises(ValidationError):
        kind.clean("z")


def test_the_factory_says_how_fields_differ_from_the_model(database: orm.Database) -> None:
    class Chosen(CharField):
        pass

    kind = modelform_factory(
        Album,
        fields=["title", "notes", "year"],
        widgets={"title": HiddenInput},
        labels={"notes": "Remarks"},
        help_texts={"notes": "Anything."},
        error_messages={"title": {"required": "Name it."}},
        field_classes={"notes": Chosen},
        localized_fields=["year"],
    )
    form = kind({"title": ""})
    assert form.fields["title"].widget.is_hidden
    assert (form.fields["notes"].label, form.fields["notes"].help_text) == ("Remarks", "Anything.")
    assert isinstance(form.fields["notes"], Chosen)
    assert form.errors["title"] == ["Name it."]
    assert (form.fields["year"].localize, form.fields["notes"].localize) == (True, False)
    every = modelform_factory(Album, fields=["title", "year"], localized_fields="__all__")
    assert all(field.localize for field in every.base_fields.values())
    with pytest.raises(ModelFormError, match=r"localized_fields cannot be a string. Did you mean to type: \('year',\)"):
        modelform_factory(Album, fields=["year"], localized_fields="year")


def test_a_function_may_make_the_form_fields_and_leave_some_out() -> None:
    def callback(field: Any, **options: Any) -> Any:
        return None if field.name == "notes" else formfield(field, **options)

    kind = modelform_factory(Album, fields=["title", "notes"], formfield_callback=callback)
    assert list(kind.base_fields) == ["title"]

    class Inherits(kind):  # type: ignore[misc,valid-type]  # made at run time
        class Meta(kind.Meta):  # type: ignore[name-defined,misc]
            fields = ("notes", "year")

    assert list(Inherits.base_fields) == ["year"]
    with pytest.raises(ModelFormError, match="must be a function"):
        modelform_factory(Album, fields=["title"], formfield_callback="no")  # type: ignore[arg-type]  # that is the point


def test_declared_fields_stand_where_meta_names_them() -> None:
    class Ordered(ModelForm[Album]):
        code = CharField()

        class Meta:
            model = Album
            fields = ("title", "code", "year")

    assert list(Ordered.base_fields) == ["title", "code", "year"]
    assert list(fields_for_model(Album, ["year", "title"], widgets={"title": Textarea})) == ["year", "title"]
    with pytest.raises(UnknownFieldError, match=r"Unknown field\(s\) \(cover, spine\) specified for Album"):
        fields_for_model(Album, ["cover", "title", "spine"])
    with pytest.raises(orm.FieldError):
        fields_for_model(Album, ["cover"])


def test_a_form_without_a_model_says_so() -> None:
    class Empty(ModelForm[Any]):
        pass

    with pytest.raises(ValueError, match="Empty has no model class specified"):
        Empty()


def test_choices_given_as_a_function_are_not_called_when_the_class_is_made() -> None:
    calls = []

    def kinds() -> list[tuple[str, str]]:
        calls.append(1)
        return [("s", "Studio")]

    class Record(orm.Model):
        kind = orm.CharField(max_length=1, choices=kinds)

        class Meta:
            app_label = "shop"
            registry = orm.Registry()

    form = modelform_factory(Record, fields="__all__")
    assert calls == []
    assert "Studio" in str(form()["kind"])


def test_the_numbers_of_a_big_integer_fit_the_database() -> None:
    field: Any = formfield(orm.BigIntegerField())
    assert (field.min_value, field.max_value) == (-(2**63), 2**63 - 1)


def test_a_relation_to_a_model_that_is_not_there_yet_is_an_error_that_says_so() -> None:
    class Early(orm.Model):
        later = orm.ForeignKey("Later", on_delete=orm.CASCADE)

        class Meta:
            app_label = "shop"
            registry = orm.Registry()

    with pytest.raises(ValueError, match="related model 'Later' has not been loaded yet"):
        modelform_factory(Early, fields="__all__")
