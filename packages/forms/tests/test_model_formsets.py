import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from partita import orm
from partita.forms.model_formsets import (
    BaseModelFormSet,
    inlineformset_factory,
    modelformset_factory,
)
from partita.forms.models import ModelForm, ModelFormError

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
    for extra in ({}, {"DELETE": "on"}):
        formset = Codes(sent({"id": key, "text": "forged", **extra}, initial=1))
        assert not formset.is_valid()
        assert formset.non_form_errors().as_data()[0].code == "unknown_row"
        with pytest.raises(ValueError, match="didn't validate"):
            formset.save()
        assert codes() == {"a": ""}
        assert Code.objects.get().pk == code.pk


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
    assert formset.non_form_errors() == ["Please correct the duplicate data for text, which must be unique."]


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
    with pytest.raises(ModelFormError, match="several foreign keys"):
        inlineformset_factory(Album, Track, fields=("title",))
    with pytest.raises(ModelFormError, match="has no foreign key to Code"):
        inlineformset_factory(Code, Track, fields=("title",))
    with pytest.raises(ModelFormError, match="called 'nope'"):
        inlineformset_factory(Album, Track, fk_name="nope", fields=("title",))
    assert inlineformset_factory(Album, Sleeve, fields=("text",)).max_num == 1
