"""Sets of forms for the rows that point to one row."""

from types import SimpleNamespace

import pytest

from partita.contenttypes.forms import GenericInlineError, generic_inlineformset_factory

PREFIX = "zoo-tag-content_type-object_id"


def sent(total: int, initial: int, **values: object) -> dict[str, str]:
    management = {"TOTAL_FORMS": total, "INITIAL_FORMS": initial}
    return {f"{PREFIX}-{name.replace('__', '-')}": str(value) for name, value in {**management, **values}.items()}


def test_the_rows_of_one_row_are_shown(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    kind = generic_inlineformset_factory(models.Tag, extra=1)
    forms = kind(instance=zoo.lion).forms
    assert [form.instance.word for form in forms] == ["big", "yellow", ""]
    assert sorted(forms[0].fields) == ["DELETE", "id", "word"]
    assert f'name="{PREFIX}-0-word"' in str(forms[0])
    assert len(kind(instance=models.Animal()).forms) == 1
    assert len(kind().forms) == 1


def test_rows_are_changed_added_and_deleted(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    kind = generic_inlineformset_factory(models.Tag, fields=["word"])
    big, yellow = zoo.lion.tags.all()
    data = sent(
        3,
        2,
        **{
            "0__id": big.pk,
            "0__word": "huge",
            "1__id": yellow.pk,
            "1__word": "yellow",
            "1__DELETE": "on",
            "2__word": "loud",
        },
    )
    formset = kind(data, instance=zoo.lion)
    assert formset.is_valid(), formset.errors
    formset.save()
    assert [tag.word for tag in zoo.lion.tags.all()] == ["huge", "loud"]
    assert [tag.word for tag in zoo.bear.tags.all()] == ["big"]


def test_rows_of_another_row_are_refused(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    kind = generic_inlineformset_factory(models.Tag, fields=["word"])
    other = zoo.bear.tags.get()
    formset = kind(sent(1, 1, **{"0__id": other.pk, "0__word": "mine"}), instance=zoo.lion)
    assert not formset.is_valid()
    assert zoo.bear.tags.get().word == "big"


def test_a_new_row_needs_what_it_points_to(zoo: SimpleNamespace, models: SimpleNamespace) -> None:
    kind = generic_inlineformset_factory(models.Tag, fields=["word"])
    formset = kind(sent(1, 0, **{"0__word": "lost"}))
    assert formset.is_valid()
    with pytest.raises(ValueError, match="instance that is saved"):
        formset.save()
    copies = kind(sent(1, 1, **{"0__word": "big"}), instance=zoo.flint, save_as_new=True)
    assert copies.is_valid()
    copies.save()
    assert [tag.word for tag in zoo.flint.tags.all()] == ["big", "hard"]


def test_fields_that_do_not_fit_are_refused(models: SimpleNamespace) -> None:
    with pytest.raises(GenericInlineError, match="'word' is not a ForeignKey to ContentType"):
        generic_inlineformset_factory(models.Tag, ct_field="word")


def test_copies_are_made_of_the_rows_that_were_sent_with_their_keys(
    zoo: SimpleNamespace, models: SimpleNamespace
) -> None:
    kind = generic_inlineformset_factory(models.Tag, fields=["word"])
    big, yellow = zoo.lion.tags.all()
    data = sent(
        2, 2, **{"0__id": big.pk, "0__word": "huge", "1__id": yellow.pk, "1__word": "yellow", "1__DELETE": "on"}
    )
    for owner, left in ((zoo.lion, ["big", "huge", "yellow"]), (zoo.flint, ["hard", "huge"])):
        copies = kind(data, instance=owner, save_as_new=True)
        assert copies.is_valid(), copies.errors
        assert [tag.word for tag in copies.save()] == ["huge"]
        assert sorted(tag.word for tag in owner.tags.all()) == left
