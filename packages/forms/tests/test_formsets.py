import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.forms import AsyncCleanError, CharField, FileField, Form, HiddenInput, IntegerField, ValidationError
from partita.forms.formsets import BaseFormSet, aall_valid, all_valid, formset_factory


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
    with pytest.raises(TypeError, match="exrta"):
        formset_factory(Track, exrta=1)  # type: ignore[call-arg]  # that is the point


def test_a_missing_or_forged_management_form_is_an_error_of_the_set() -> None:
    for data in (
        {},
        {"form-TOTAL_FORMS": "x", "form-INITIAL_FORMS": "0"},
        {"form-TOTAL_FORMS": "-1", "form-INITIAL_FORMS": "0"},
    ):
        formset = formset_factory(Track)(data)
        assert not formset.is_valid()
        assert formset.forms == []
        assert formset.non_form_errors().as_data()[0].code == "missing_management_form"
        assert "form-TOTAL_FORMS" in formset.non_form_errors()[0]
        assert not asyncio.run(formset_factory(Track)(data).ais_valid())


def test_clean_sees_validated_forms_and_is_not_called_if_there_are_too_many() -> None:
    seen: list[object] = []

    class Looks(BaseFormSet[Track]):
        def clean(self) -> None:
            seen.append([form.cleaned_data for form in self.forms])
            assert self.errors == [{}]
            assert self.is_valid()

    kind = formset_factory(Track, Looks, max_num=1, absolute_max=1)
    assert kind(sent({"title": "A"})).is_valid()
    assert not kind(sent({"title": "A"}, {"title": "B"})).is_valid()
    assert len(seen) == 1


def test_clean_of_a_set_may_be_async() -> None:
    class Slow(BaseFormSet[Track]):
        async def clean(self) -> None:
            await asyncio.sleep(0)
            raise ValidationError("No.", code="no")

    kind = formset_factory(Track, Slow)
    formset = kind(sent({"title": "A"}))
    assert not asyncio.run(formset.ais_valid())
    assert formset.non_form_errors() == ["No."]
    with pytest.raises(AsyncCleanError, match=r"TrackFormSet\.clean is async"):
        kind(sent({"title": "A"})).is_valid()


def test_a_mistake_in_clean_counts_for_nothing() -> None:
    class Broken(BaseFormSet[Track]):
        broken = True

        def clean(self) -> None:
            if self.broken:
                raise KeyError("mistake")

    formset = formset_factory(Track, Broken)(sent({"title": "A"}))
    with pytest.raises(KeyError):
        formset.is_valid()
    formset.broken = False  # type: ignore[attr-defined]  # it is one of Broken
    assert formset.is_valid()


def test_layouts_media_and_the_controls_of_order_and_deletion_can_be_chosen() -> None:
    class Fancy(Track):
        class Media:
            js = ["fancy.js"]

    class Set(BaseFormSet[Fancy]):
        deletion_widget = HiddenInput
        ordering_widget = HiddenInput

    formset = formset_factory(Fancy, Set, can_delete=True, can_order=True)()
    assert 'type="hidden" name="form-0-DELETE"' in str(formset)
    assert 'type="hidden" name="form-0-ORDER"' in str(formset)
    assert "fancy.js" in str(formset.media)
    assert "<li>" in formset.as_ul()
    assert "<tr>" in formset.as_table()
    assert "<p>" in formset.as_p()
    assert "<div>" in formset.as_div()
    assert repr(formset) == "<FancyFormSet: bound=False valid=Unknown total_forms=1>"
    bound = formset_factory(Fancy)(sent({"title": "A"}))
    assert bound.is_valid()
    assert "valid=True" in repr(bound)


def test_arguments_of_the_forms_may_be_given_even_those_of_the_set() -> None:
    kind = formset_factory(Track, extra=1)
    formset = kind(form_kwargs={"empty_permitted": False, "label_suffix": "!"})
    assert formset.empty_form.empty_permitted
    assert not formset[0].empty_permitted
    assert "Title!" in str(formset)


def test_several_sets_are_all_validated() -> None:
    kind = formset_factory(Track)
    bad, good = kind(sent({"title": "A", "seconds": "x"})), kind(sent({"title": "A"}))
    assert not all_valid([bad, good])
    assert not asyncio.run(aall_valid([bad, good]))
    assert all_valid([good])
    assert good.cleaned_data == [{"title": "A", "seconds": None}]


NAMES = [
    "TOTAL_FORMS",
    "INITIAL_FORMS",
    "ADD",
    "0-title",
    "0-seconds",
    "0-ORDER",
    "0-DELETE",
    "1-title",
    "-1-title",
    "ROWS",
]
Hostile = formset_factory(Track, can_delete=True, can_order=True, max_num=3, absolute_max=4, validate_max=True)


@given(
    st.dictionaries(
        st.sampled_from([f"form-{name}" for name in NAMES]),
        st.integers(-9, 10**12).map(str) | st.text(max_size=9) | st.lists(st.text(max_size=3), max_size=3),
    )
)
def test_whatever_is_sent_makes_forms_or_errors_and_nothing_else(data: dict[str, object]) -> None:
    formset = Hostile(data)
    valid = formset.is_valid()
    assert len(formset.forms) <= 4
    assert valid is not bool(formset.non_form_errors() or any(formset.errors) or formset.adds_form)
    assert str(formset.as_rows())
    if valid:
        assert len(formset.ordered_forms) + len(formset.deleted_forms) <= len(formset.forms)


def test_a_hundred_thousand_fields_take_no_more_than_the_forms_that_there_may_be() -> None:
    data = sent(*({"title": "A"} for _ in range(50_000)))
    formset = Hostile(data)
    assert not formset.is_valid()
    assert len(formset.forms) == 4
