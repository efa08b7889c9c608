import asyncio
import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from partita import orm
from partita.forms import CharField, Textarea
from partita.forms.model_formsets import (
    BaseModelFormSet,
    inlineformset_factory,
    modelformset_factory,
)
from partita.forms.models import ModelForm, ModelFormError
from partita.signing import Signer

registry = orm.Registry()


class Album(orm.Model):
    title = orm.CharField(max_length=60)

    class Meta:
        app_label = "records"
        registry = registry


class Track(orm.Model):
    album = orm.ForeignKey(Album, on_delete=orm.CASCADE)
    title = orm.CharField(max_length=60)
    number = orm.IntegerField()
    cover = orm.ForeignKey(Album, on_delete=orm.CASCADE, null=True, blank=True, related_name="covers")

    class Meta:
        app_label = "records"
        registry = registry
        unique_together = (("album", "number"),)


class Code(orm.Model):
    text = orm.CharField(max_length=9, unique=True)
    note = orm.CharField(max_length=9, blank=True)

    class Meta:
        app_label = "records"
        registry = registry


class Sleeve(orm.Model):
    album = orm.OneToOneField(Album, on_delete=orm.CASCADE)
    text = orm.CharField(max_length=9)

    class Meta:
        app_label = "records"
        registry = registry


Codes = modelformset_factory(Code, fields=("text", "note"), can_delete=True)
Tracks = inlineformset_factory(Album, Track, fk_name="album", fields=("title", "number"))


@pytest.fixture(autouse=True)
def database(tmp_path: Any) -> Iterator[orm.Database]:
    with orm.Databases({"default": f"sqlite:///{tmp_path}/records.sqlite3"}) as databases:
        found = databases["default"]
        found.create_all(Album, Track, Code, Sleeve)
        yield found
        found.close()


def sent(*rows: dict[str, object], initial: int, prefix: str = "form") -> dict[str, object]:
    data: dict[str, object] = {f"{prefix}-TOTAL_FORMS": str(len(rows)), f"{prefix}-INITIAL_FORMS": str(initial)}
    for index, row in enumerate(rows):
        data |= {f"{prefix}-{index}-{name}": str(value) for name, value in row.items()}
    return data


def codes() -> dict[str, str]:
    return {code.text: code.note for code in Code.objects.all()}


def test_rows_are_shown_changed_added_and_deleted_in_one_go(database: orm.Database) -> None:
    a, b, c = (Code.objects.create(text=text) for text in "abc")
    html = str(Codes())
    assert f'<input type="hidden" name="form-0-id" value="{a.pk}"' in html
    assert 'name="form-INITIAL_FORMS" value="3"' in html
    assert 'name="form-3-text"' in html
    formset = Codes(sent(
        {"id": a.pk, "text": "a", "note": "new"}, {"id": b.pk, "text": "b"}, {"id": c.pk, "text": "c", "DELETE": "on"}, {"text": "d"},
        initial=3,
    ))  # fmt: skip
    with database.query_log() as log:
        assert formset.is_valid(), formset.errors
        checks = len(log)
    formset.save()
    assert codes() == {"a": "new", "b": "", "d": ""}
    assert formset.changed_objects == [(a, ["note"])]
    assert [code.text for code in formset.deleted_objects] == [c.text]
    assert [code.text for code in formset.new_objects] == ["d"]
    assert checks <= 1 + 4  # the rows once, and one look for each value that must be unique


def test_a_set_with_errors_is_not_saved() -> None:
    a = Code.objects.create(text="a")
    formset = Codes(sent({"id": a.pk, "text": ""}, {"text": "b"}, initial=1))
    assert not formset.is_valid()
    with pytest.raises(ValueError, match="didn't validate"):
        formset.save()
    assert codes() == {"a": ""}


def test_cve_2019_19118_a_row_outside_the_queryset_is_neither_changed_nor_deleted() -> None:
    mine, other = Code.objects.create(text="mine"), Code.objects.create(text="other")
    for row in ({"note": "forged"}, {"DELETE": "on"}, {"text": "x"}):
        for initial in (1, 2):
            data = sent({"id": mine.pk, "text": "mine"}, {"id": other.pk, "text": "other", **row}, initial=initial)
            formset = Codes(data, queryset=Code.objects.filter(text="mine"))
            if formset.is_valid():
                formset.save()
            assert Code.objects.get(pk=other.pk).text == "other"
            assert Code.objects.get(pk=other.pk).note == ""
            Code.objects.exclude(pk__in=[mine.pk, other.pk]).delete()


@pytest.mark.parametrize("key", ["", "x", "999", "-1", "1e3", "9" * 40, "\x00"])
def test_a_forged_or_missing_key_is_an_error(key: str) -> None:
    code = Code.objects.create(text="a")
    formset = Codes(sent({"id": key, "text": "forged"}, initial=1))
    assert not formset.is_valid()
    assert formset.forms[0].has_error("id", "invalid_choice" if key else "required")
    with pytest.raises(ValueError, match="didn't validate"):
        formset.save()
    assert codes() == {"a": ""}
    assert Code.objects.get().pk == code.pk


@pytest.mark.parametrize("key", ["", "x", "999", "-1", "1e3", "9" * 40, "\x00"])
def test_deleting_a_row_that_is_not_there_any_more_does_nothing(key: str) -> None:
    Code.objects.create(text="a")
    formset = Codes(sent({"id": key, "text": "gone", "DELETE": "on"}, initial=1))
    assert formset.is_valid(), formset.non_form_errors()
    assert formset.save() == []
    assert formset.deleted_objects == []
    assert codes() == {"a": ""}


def test_a_row_that_was_sent_twice_is_refused() -> None:
    a = Code.objects.create(text="a")
    formset = Codes(sent({"id": a.pk, "text": "b"}, {"id": a.pk, "text": "c"}, initial=2))
    assert not formset.is_valid()
    assert formset.non_form_errors().as_data()[0].code == "duplicate_row"


def test_a_set_that_only_changes_adds_no_rows_whatever_is_sent() -> None:
    a = Code.objects.create(text="a")
    kind = modelformset_factory(Code, fields=("text",), edit_only=True, extra=2)
    assert len(kind().forms) == 1
    formset = kind(sent({"id": a.pk, "text": "b"}, {"text": "forged"}, initial=1))
    assert formset.is_valid()
    formset.save()
    assert codes() == {"b": ""}


@pytest.mark.parametrize(
    ("right", "row"),
    [("may_add", {"text": "x"}), ("may_change", {"text": "x"}), ("may_delete", {"text": "a", "DELETE": "on"})],
)
def test_cve_2026_4277_each_operation_is_checked_for_each_row_when_it_is_sent(
    right: str, row: dict[str, object]
) -> None:
    a = Code.objects.create(text="a")
    allowed = type("Allowed", (BaseModelFormSet,), {})
    denied = type("Denied", (BaseModelFormSet,), {right: lambda self, form: False})
    own = {"id": a.pk, "text": "a"} if right == "may_add" else {"id": a.pk}
    data = sent(own, row, initial=1) if right == "may_add" else sent({**own, **row}, initial=1)
    for formset, valid in ((allowed, True), (denied, False)):
        made = modelformset_factory(Code, formset=formset, fields=("text",), can_delete=True)(data)
        assert made.is_valid() is valid
        if not valid:
            assert made.non_form_errors() == ["You may not do this."]


def test_a_value_that_two_forms_give_is_refused() -> None:
    formset = Codes(sent({"text": "a"}, {"text": "a"}, initial=0))
    assert not formset.is_valid()
    assert formset.non_form_errors() == ["Please correct the duplicate data for text."]
    assert formset.errors[0] == {}
    assert formset.errors[1]["__all__"] == ["Please correct the duplicate values below."]


def test_nothing_is_saved_if_one_row_cannot_be() -> None:
    class Fragile(ModelForm[Code]):
        def save(self, commit: bool = True) -> Code:
            code = super().save(commit)
            if code.text == "boom":
                raise RuntimeError(code.text)
            return code

    formset = modelformset_factory(Code, Fragile, fields=("text",))(sent({"text": "a"}, {"text": "boom"}, initial=0))
    with pytest.raises(RuntimeError, match="boom"):
        formset.save()
    assert codes() == {}


def test_saving_can_wait() -> None:
    a = Code.objects.create(text="a")
    formset = Codes(sent({"id": a.pk, "text": "a", "DELETE": "on"}, {"text": "b"}, initial=1))
    rows = formset.save(commit=False)
    assert [row.text for row in rows] == ["b"]
    assert formset.deleted_objects == [a]
    assert codes() == {"a": ""}


def test_everything_is_awaited_in_async_code() -> None:
    a = Code.objects.create(text="a")

    async def save() -> None:
        formset = Codes(sent({"id": a.pk, "text": "b"}, {"text": "c"}, initial=1))
        assert await formset.ais_valid()
        await formset.asave()

    asyncio.run(save())
    assert codes() == {"b": "", "c": ""}


def test_rows_of_one_row_are_shown_and_new_ones_belong_to_it() -> None:
    mine, other = Album.objects.create(title="Mine"), Album.objects.create(title="Other")
    track = Track.objects.create(album=mine, title="One", number=1)
    Track.objects.create(album=other, title="Elsewhere", number=1)
    html = str(Tracks(instance=mine))
    assert "One" in html
    assert "Elsewhere" not in html
    assert 'name="track_set-3-title"' in html
    formset = Tracks(
        sent(
            {"id": track.pk, "title": "First", "number": 1},
            {"title": "Two", "number": 2},
            initial=1,
            prefix="track_set",
        ),
        instance=mine,
    )
    assert formset.is_valid(), formset.errors
    formset.save()
    assert [(row.title, row.album) for row in Track.objects.filter(album=mine).order_by("number")] == [
        ("First", mine),
        ("Two", mine),
    ]


def test_a_row_of_another_row_is_not_taken_away_from_it() -> None:
    mine, other = Album.objects.create(title="Mine"), Album.objects.create(title="Other")
    track = Track.objects.create(album=other, title="Theirs", number=1)
    for extra in ({"title": "forged"}, {"DELETE": "on"}, {"album": mine.pk, "title": "forged"}):
        data = sent({"id": track.pk, "number": 1, "title": "Theirs", **extra}, initial=1, prefix="track_set")
        formset = Tracks(data, instance=mine)
        if formset.is_valid():
            formset.save()
        found = Track.objects.get()
        assert (found.title, found.album) == ("Theirs", other)


def test_a_new_row_gets_its_rows_once_it_is_saved() -> None:
    album = Album(title="New")
    formset = Tracks(sent({"title": "One", "number": 1}, initial=0, prefix="track_set"), instance=album)
    assert formset.is_valid(), formset.errors
    album.save()
    formset.save()
    assert Track.objects.get().album == album


def test_values_that_are_unique_together_with_the_row_are_checked() -> None:
    album = Album.objects.create(title="A")
    Track.objects.create(album=album, title="One", number=1)
    taken = inlineformset_factory(Album, Track, fk_name="album", fields=("title", "number"))(
        sent({"title": "Again", "number": 1}, initial=0, prefix="track_set"), instance=album
    )
    assert not taken.is_valid()
    twice = Tracks(
        sent({"title": "A", "number": 2}, {"title": "B", "number": 2}, initial=0, prefix="track_set"), instance=album
    )
    assert not twice.is_valid()


def test_the_relation_must_be_clear() -> None:
    with pytest.raises(ModelFormError, match="more than one ForeignKey"):
        inlineformset_factory(Album, Track, fields=("title",))
    with pytest.raises(ModelFormError, match=r"has no ForeignKey to 'records\.Code'"):
        inlineformset_factory(Code, Track, fields=("title",))
    with pytest.raises(ModelFormError, match="no field named 'nope'"):
        inlineformset_factory(Album, Track, fk_name="nope", fields=("title",))
    assert inlineformset_factory(Album, Sleeve, fields=("text",)).max_num == 1


class Shelf(orm.Model):
    code = orm.CharField(max_length=5, primary_key=True)
    note = orm.CharField(max_length=9, blank=True)

    class Meta:
        app_label = "records"
        registry = registry


def test_a_key_that_people_choose_is_a_field_that_they_fill_in(database: orm.Database) -> None:
    database.create_all(Shelf)
    Shelf.objects.create(code="a", note="old")
    kind = modelformset_factory(Shelf, fields="__all__")
    assert '<input type="text" name="form-1-code"' in str(kind())
    formset = kind(sent({"code": "a", "note": "new"}, {"code": "b"}, initial=1))
    assert formset.is_valid(), formset.errors
    formset.save()
    assert {shelf.code: shelf.note for shelf in Shelf.objects.all()} == {"a": "new", "b": ""}
    taken = kind(sent({"code": "a"}, {"code": "b"}, {"code": "b"}, initial=1))
    assert not taken.is_valid()


def test_what_belongs_to_a_row_sends_it_along_and_another_is_refused() -> None:
    mine, other = Album.objects.create(title="Mine"), Album.objects.create(title="Other")
    assert f'<input type="hidden" name="track_set-0-album" value="{mine.pk}"' in str(Tracks(instance=mine))
    assert 'name="track_set-0-album"' in str(Tracks())
    row = {"title": "One", "number": 1}
    for album, valid in ((mine.pk, True), ("", True), (other.pk, False), ("x", False)):
        formset = Tracks(sent({**row, "album": album}, initial=0, prefix="track_set"), instance=mine)
        assert formset.is_valid() is valid
        assert formset.forms[0].has_error("album", "invalid_choice") is not valid


def test_the_prefix_is_the_way_back_to_the_rows() -> None:
    assert Tracks.get_default_prefix() == "track_set"
    assert inlineformset_factory(Album, Track, fk_name="cover", fields=("title",)).get_default_prefix() == "covers"


def test_rows_can_be_copied_to_another_row() -> None:
    mine, other = Album.objects.create(title="Mine"), Album.objects.create(title="Copy")
    track = Track.objects.create(album=mine, title="One", number=1)
    row = {"id": track.pk, "album": mine.pk, "title": "One", "number": 1}
    formset = Tracks(sent(row, initial=1, prefix="track_set"), instance=other, save_as_new=True)
    assert formset.is_valid(), formset.errors
    formset.save()
    assert [(one.title, one.album) for one in Track.objects.order_by("id")] == [("One", mine), ("One", other)]


def test_subclasses_may_save_and_delete_otherwise() -> None:
    done: list[str] = []

    class Logged(BaseModelFormSet[Code]):
        def save_new(self, form: Any, commit: bool = True) -> Code:
            done.append("new")
            return super().save_new(form, commit)

        def save_existing(self, form: Any, instance: Code, commit: bool = True) -> Code:
            done.append(f"change {instance.pk}")
            return super().save_existing(form, instance, commit)

        def delete_existing(self, instance: Code, commit: bool = True) -> None:
            done.append("hide")

    a, b = Code.objects.create(text="a"), Code.objects.create(text="b")
    kind = modelformset_factory(Code, formset=Logged, fields=("text",), can_delete=True)
    formset = kind(sent({"id": a.pk, "text": "x"}, {"id": b.pk, "text": "b", "DELETE": "on"}, {"text": "c"}, initial=2))
    assert formset.is_valid()
    formset.save()
    assert done == [f"change {a.pk}", "hide", "new"]
    assert set(codes()) == {"x", "b", "c"}


def test_options_of_the_forms_can_be_given_to_the_factories() -> None:
    options: dict[str, Any] = {
        "fields": ("title",),
        "widgets": {"title": Textarea},
        "labels": {"title": "Name"},
        "help_texts": {"title": "As sung."},
        "error_messages": {"title": {"required": "Name it."}},
        "field_classes": {"title": CharField},
        "localized_fields": ("title",),
    }
    for kind in (
        modelformset_factory(Album, **options),
        inlineformset_factory(Album, Track, fk_name="album", **options),
    ):
        field = kind.form.base_fields["title"]
        assert isinstance(field.widget, Textarea)
        assert (field.label, field.help_text, field.localize) == ("Name", "As sung.", True)
        assert field.error_messages["required"] == "Name it."
    assert kind.__name__ == "TrackFormSet"
    with pytest.raises(ModelFormError, match="'fields' or 'exclude'"):
        modelformset_factory(Album)


class Tag(orm.Model):
    name = orm.CharField(max_length=9)

    class Meta:
        app_label = "records"
        registry = registry


class Tagged(orm.Model):
    name = orm.CharField(max_length=9)
    tags = orm.ManyToManyField(Tag, blank=True)

    class Meta:
        app_label = "records"
        registry = registry


def test_many_to_many_relations_wait_until_the_rows_are_saved(database: orm.Database) -> None:
    database.create_all(Tag, Tagged)
    tag = Tag.objects.create(name="t")
    kind = modelformset_factory(Tagged, fields="__all__", extra=1)
    formset = kind({**sent({"name": "a"}, initial=0), "form-0-tags": [str(tag.pk)]})
    (row,) = formset.save(commit=False)
    row.save()
    assert list(row.tags.all()) == []
    formset.save_m2m()
    assert list(row.tags.all()) == [tag]


class Liner(orm.Model):
    album = orm.OneToOneField(Album, on_delete=orm.CASCADE, primary_key=True)
    text = orm.CharField(max_length=9)

    class Meta:
        app_label = "records"
        registry = registry


def test_a_row_whose_key_is_the_relation_is_added_and_changed(database: orm.Database) -> None:
    database.create_all(Liner)
    album = Album.objects.create(title="A")
    kind = inlineformset_factory(Album, Liner, fields=("text",), extra=1)
    new = kind(sent({"text": "one"}, initial=0, prefix="liner"), instance=album)
    assert new.is_valid(), new.errors
    new.save()
    changed = kind(sent({"album": album.pk, "text": "two"}, initial=1, prefix="liner"), instance=album)
    assert changed.is_valid(), changed.errors
    changed.save()
    assert [(liner.album, liner.text) for liner in Liner.objects.all()] == [(album, "two")]


class Single(Album):
    side = orm.CharField(max_length=1)

    class Meta:
        app_label = "records"
        registry = registry


def test_forms_of_a_model_with_a_parent_save_both_parts(database: orm.Database) -> None:
    database.create_all(Single)
    kind = modelformset_factory(Single, fields="__all__", extra=1)
    formset = kind(sent({"title": "Aria", "side": "B"}, initial=0))
    assert formset.is_valid(), formset.errors
    (single,) = formset.save()
    assert "album_ptr" in formset.forms[0].fields
    assert Album.objects.get().title == "Aria"
    again = kind(sent({"album_ptr": single.pk, "title": "Aria 2", "side": "B"}, initial=1))
    assert again.is_valid(), again.errors
    again.save()
    assert Single.objects.get().title == "Aria 2"
    tracks = inlineformset_factory(Single, Track, fk_name="album", fields=("title", "number"))
    inline = tracks(sent({"title": "T", "number": 1}, initial=0, prefix="track_set"), instance=single)
    assert inline.is_valid(), inline.errors
    inline.save()
    assert Track.objects.get().album.pk == single.pk


@pytest.mark.parametrize("cve", ["cve_2026_4277", "cve_2026_4292", "cve_2026_87975", "cve_2019_19118"])
def test_only_rows_that_the_page_showed_are_changed_or_deleted_if_they_are_signed(cve: str) -> None:
    shown, other = Code.objects.create(text="shown"), Code.objects.create(text="other")
    signer = Signer("k" * 32, salt=f"codes of {cve}")
    page = str(Codes(queryset=Code.objects.filter(text="shown"), signer=signer))
    found = re.search(r'name="form-ROWS" value="([^"]+)"', page)
    assert found is not None
    signed = html.unescape(found[1])

    def post(key: object, rows: str = signed, **more: object) -> Any:
        return Codes({**sent({"id": key, "text": "x", **more}, initial=1), "form-ROWS": rows}, signer=signer)

    assert post(shown.pk).is_valid()
    assert not post(other.pk).is_valid()
    delete = post(other.pk, DELETE="on")
    assert delete.save() == []
    assert Code.objects.filter(pk=other.pk).exists()
    stranger = Signer("k" * 32, salt="another page").sign(f'["{other.pk}"]')
    for forged in ("", f'["{other.pk}"]', signed.replace(str(shown.pk), str(other.pk), 1), stranger):
        assert not post(other.pk, forged).is_valid()
        assert not post(shown.pk, forged).is_valid()
    more = Codes(
        {**sent({"id": shown.pk, "text": "x"}, initial=1), "form-ROWS": signed, "form-ADD": "1"}, signer=signer
    )
    assert f'name="form-ROWS" value="{found[1]}"' in str(more)


def test_only_the_rows_that_were_sent_are_asked_for(database: orm.Database) -> None:
    rows = [Code.objects.create(text=str(number)) for number in range(20)]
    formset = Codes(sent({"id": rows[3].pk, "text": "x"}, initial=1))
    assert formset.is_valid()
    assert list(formset.rows) == [rows[3].pk]
    sliced = Codes(sent({"id": rows[3].pk, "text": "x"}, initial=1), queryset=Code.objects.order_by("id")[:5])
    assert sliced.is_valid()
    assert len(sliced.rows) == 5
    assert not Codes(
        sent({"id": rows[9].pk, "text": "x"}, initial=1), queryset=Code.objects.order_by("id")[:5]
    ).is_valid()
