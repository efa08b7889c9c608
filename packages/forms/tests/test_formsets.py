import asyncio

import pytest

from partita.forms import CharField, FileField, Form, IntegerField, ValidationError
from partita.forms.formsets import BaseFormSet, formset_factory


class Track(Form):
    title = CharField()
    seconds = IntegerField(required=False)


def sent(*rows: dict[str, str], initial: int = 0, total: int | str | None = None) -> dict[str, object]:
    data: dict[str, object] = {
        "form-TOTAL_FORMS": str(len(rows) if total is None else total),
        "form-INITIAL_FORMS": str(initial),
    }
    for index, row in enumerate(rows):
        data |= {f"form-{index}-{name}": value for name, value in row.items()}
    return data


def test_a_set_shows_initial_and_extra_forms_with_their_numbers() -> None:
    formset = formset_factory(Track, extra=2)(initial=[{"title": "Allemande"}])
    assert len(formset) == 3
    assert len(formset.initial_forms) == 1
    assert len(formset.extra_forms) == 2
    html = str(formset)
    assert '<input type="hidden" name="form-TOTAL_FORMS" value="3" id="id_form-TOTAL_FORMS"' in html
    assert '<input type="hidden" name="form-INITIAL_FORMS" value="1" id="id_form-INITIAL_FORMS"' in html
    assert 'name="form-0-title" value="Allemande"' in html
    assert 'name="form-2-title" id=' in html
    assert 'name="form-__prefix__-title"' in str(formset.empty_form)
    assert not formset.is_valid()
    assert formset.errors == []


def test_all_forms_are_validated_and_empty_extra_ones_do_not_count() -> None:
    formset = formset_factory(Track)(sent({"title": "A", "seconds": "5"}, {"title": ""}))
    assert formset.is_valid()
    assert formset.cleaned_data == [{"title": "A", "seconds": 5}, {}]
    bad = formset_factory(Track)(sent({"title": ""}, {"title": "", "seconds": "x"}, initial=1))
    assert not bad.is_valid()
    assert [sorted(errors) for errors in bad.errors] == [["title"], ["seconds", "title"]]
    assert bad.total_error_count() == 3
    with pytest.raises(AttributeError, match="not valid"):
        bad.cleaned_data


@pytest.mark.parametrize(
    "data", [{}, {"form-TOTAL_FORMS": "1"}, sent(total="x"), sent(total=-1), sent(total="1e9"), sent(total="9" * 5000)]
)
def test_numbers_that_are_missing_or_forged_are_an_error_and_no_form_is_read(data: dict[str, object]) -> None:
    formset = formset_factory(Track)(data)
    assert not formset.is_valid()
    assert formset.forms == []
    assert formset.non_form_errors().as_data()[0].code == "missing_management_form"


def test_a_forged_total_makes_no_more_forms_than_the_absolute_maximum() -> None:
    formset = formset_factory(Track, max_num=3, absolute_max=5)(sent(total=1_000_000_000))
    assert len(formset.forms) == 5
    assert not formset.is_valid()
    assert formset.non_form_errors() == ["Please submit at most 3 forms."]
    with pytest.raises(ValueError, match="absolute_max"):
        formset_factory(Track, max_num=3, absolute_max=2)


def test_a_forged_number_of_initial_forms_is_not_more_than_the_total() -> None:
    formset = formset_factory(Track)(sent({"title": ""}, initial=1_000_000))
    assert formset.initial_form_count() == 1
    assert not formset.is_valid()


def test_the_number_of_forms_can_be_limited() -> None:
    kind = formset_factory(Track, min_num=2, max_num=3, validate_min=True, validate_max=True)
    row = {"title": "A"}
    assert kind(sent(row, row)).is_valid()
    few, many = kind(sent(row, {}, initial=0)), kind(sent(row, row, row, row))
    assert not few.is_valid()
    assert few.non_form_errors() == ["Please submit at least 2 forms."]
    assert many.non_form_errors() == ["Please submit at most 3 forms."]
    assert len(kind()) == 3
    assert len(formset_factory(Track, max_num=1)(initial=[{}, {}])) == 2


def test_forms_can_be_taken_out_even_if_they_are_not_valid() -> None:
    kind = formset_factory(Track, can_delete=True)
    formset = kind(sent({"title": "A"}, {"title": "", "DELETE": "on"}, initial=2))
    assert formset.is_valid()
    assert formset.deleted_forms == [formset[1]]
    assert 'name="form-0-DELETE"' in str(kind(initial=[{"title": "A"}]))


def test_a_forged_deletion_counts_only_where_the_page_offered_one() -> None:
    for can_delete, extra in ((False, True), (True, False)):
        formset = formset_factory(Track, can_delete=can_delete, can_delete_extra=extra)(
            sent({"title": "A", "DELETE": "on"})
        )
        assert formset.is_valid()
        assert formset.deleted_forms == []
        assert "DELETE" not in formset[0].cleaned_data


def test_forms_can_be_put_in_order() -> None:
    kind = formset_factory(Track, can_order=True)
    assert 'name="form-0-ORDER" value="1"' in str(kind(initial=[{"title": "A"}]))
    formset = kind(sent({"title": "A", "ORDER": "2"}, {"title": "B", "ORDER": "1"}, {"title": "C", "ORDER": ""}, {}))
    assert [form.cleaned_data["title"] for form in formset.ordered_forms] == ["B", "A", "C"]
    with pytest.raises(AttributeError, match="can_order"):
        formset_factory(Track)(sent({"title": "A"})).ordered_forms


def test_the_whole_set_can_be_refused() -> None:
    class Distinct(BaseFormSet[Track]):
        def clean(self) -> None:
            titles = [form.cleaned_data.get("title") for form in self.forms if form.is_valid()]
            if len(set(titles)) < len(titles):
                raise ValidationError("Titles repeat.", code="repeat")

    kind = formset_factory(Track, Distinct)
    assert kind(sent({"title": "A"}, {"title": "B"})).is_valid()
    same = kind(sent({"title": "A"}, {"title": "A"}))
    assert not same.is_valid()
    assert same.non_form_errors() == ["Titles repeat."]
    assert str(same.non_form_errors()) == '<ul class="errorlist nonform"><li>Titles repeat.</li></ul>'


def test_async_hooks_of_the_forms_are_awaited() -> None:
    class Checked(Track):
        async def clean_title(self) -> object:
            await asyncio.sleep(0)
            if self.cleaned_data["title"] == "bad":
                raise ValidationError("Bad.")
            return self.cleaned_data["title"]

    kind = formset_factory(Checked)
    assert asyncio.run(kind(sent({"title": "A"}, {"title": "B"})).ais_valid())
    assert not asyncio.run(kind(sent({"title": "A"}, {"title": "bad"})).ais_valid())


def test_prefixes_keep_sets_apart_and_files_are_noticed() -> None:
    class Scan(Form):
        page = FileField()

    assert formset_factory(Scan, extra=0)().is_multipart()
    assert not formset_factory(Track)().is_multipart()
    assert 'name="tracks-0-title"' in str(formset_factory(Track)(prefix="tracks"))
    with pytest.raises(TypeError, match="no option 'exrta'"):
        formset_factory(Track, exrta=1)
