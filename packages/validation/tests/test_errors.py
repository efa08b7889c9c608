import pickle
import weakref

import pytest

from partita.contracts.i18n import TRANSLATOR, gettext_lazy
from partita.validation import NON_FIELD_ERRORS, MessageSource, ValidationError, ngettext_lazy


class German:
    language = "de"

    def gettext(self, message: str) -> str:
        return {"Too long (%(n)s).": "Zu lang (%(n)s)."}.get(message, message)

    def ngettext(self, singular: str, plural: str, number: int) -> str:
        return "%(n)d Zeichen" if number != 1 else "%(n)d einziges Zeichen"

    def pgettext(self, context: str, message: str) -> str:
        return self.gettext(message)


def test_one_text_has_code_and_parameters_filled_in_when_read() -> None:
    error = ValidationError("At most %(n)s.", code="max", params={"n": 3})
    assert error.messages == ["At most 3."]
    assert (error.code, error.params, error.error_list) == ("max", {"n": 3}, [error])
    assert not hasattr(error, "error_dict")


def test_a_per_cent_sign_is_kept_where_there_are_no_parameters() -> None:
    assert ValidationError("100 % wrong").messages == ["100 % wrong"]


def test_a_list_is_flattened_and_keeps_each_code() -> None:
    error = ValidationError(["a", ValidationError("b", code="b"), ValidationError(["c", "d"])])
    assert error.messages == ["a", "b", "c", "d"]
    assert [inner.code for inner in error.error_list] == [None, "b", None, None]
    assert list(error) == ["a", "b", "c", "d"]


def test_a_mapping_gives_texts_by_field() -> None:
    error = ValidationError({"name": "short", "age": ["low", ValidationError("odd")]})
    assert error.message_dict == {"name": ["short"], "age": ["low", "odd"]}
    assert error.messages == ["short", "low", "odd"]
    assert list(error) == [("name", ["short"]), ("age", ["low", "odd"])]


def test_errors_merge_into_a_dictionary_by_field() -> None:
    errors = ValidationError({"name": "short"}).update_error_dict({})
    ValidationError("whole").update_error_dict(errors)
    ValidationError({"name": "odd"}).update_error_dict(errors)
    assert {field: [e.messages[0] for e in found] for field, found in errors.items()} == {
        "name": ["short", "odd"],
        NON_FIELD_ERRORS: ["whole"],
    }


def test_a_text_without_fields_has_no_message_dict() -> None:
    with pytest.raises(AttributeError):
        ValidationError("x").message_dict


def test_texts_follow_the_language_of_whoever_reads_them() -> None:
    error = ValidationError(gettext_lazy("Too long (%(n)s)."), params={"n": 4})
    token = TRANSLATOR.set(German())
    try:
        assert error.messages == ["Zu lang (4)."]
    finally:
        TRANSLATOR.reset(token)
    assert error.messages == ["Too long (4)."]


def test_a_counted_text_takes_the_form_for_its_number_in_the_language_of_the_reader() -> None:
    text = ngettext_lazy("%(n)d letter", "%(n)d letters", "n")
    assert [text % {"n": n} for n in (1, 2)] == ["1 letter", "2 letters"]
    token = TRANSLATOR.set(German())
    try:
        assert text % {"n": 1} == "1 einziges Zeichen"
    finally:
        TRANSLATOR.reset(token)


@pytest.mark.parametrize(
    "source", ["plain", gettext_lazy("lazy"), ["a", "b"], {"f": ["a"], "g": "b"}, ValidationError("x", code="c")]
)
def test_errors_survive_pickling(source: MessageSource) -> None:
    error = ValidationError(source)
    again = pickle.loads(pickle.dumps(error))
    assert again == error
    assert again.messages == error.messages


def test_errors_compare_by_what_they_say_whatever_the_order() -> None:
    assert ValidationError(["a", "b"]) == ValidationError(["b", "a"])
    assert hash(ValidationError("a")) == hash(ValidationError("a"))
    assert ValidationError("a", code="x") != ValidationError("a", code="y")
    assert ValidationError({"f": "a"}) != ValidationError("a")
    assert ValidationError("a") != "a"


def test_it_can_be_caught_as_a_value_error_and_shows_its_texts() -> None:
    with pytest.raises(ValueError, match="too small"):
        raise ValidationError("too small")
    assert repr(ValidationError({"f": "a"})) == "ValidationError({'f': ['a']})"


def test_any_object_stands_for_its_text_as_it_is_when_somebody_reads_it() -> None:
    class Mood:
        text = "Bad."

        def __str__(self) -> str:
            return self.text

    mood = Mood()
    error = ValidationError(mood, code="mood")  # type: ignore[arg-type]  # untyped code gives anything
    assert (error.messages, error.code) == (["Bad."], "mood")
    mood.text = "%(how)s worse."
    assert error.messages == ["%(how)s worse."]
    assert ValidationError(mood, params={"how": "Much"}).messages == ["Much worse."]  # type: ignore[arg-type]  # as above
    assert ValidationError([mood, "Other."]).messages == ["%(how)s worse.", "Other."]  # type: ignore[list-item]  # as above


def test_single_errors_are_those_of_a_list_or_by_field_or_the_error_itself() -> None:
    one, two = ValidationError("One"), ValidationError("Two", code="two")
    assert list(one.single_errors()) == [one]
    assert list(ValidationError([one, two]).single_errors()) == [one, two]
    assert list(ValidationError({"a": [one], "b": two}).single_errors()) == [one, two]
    assert one.error_list == [one]
    assert one.error_list is one.error_list  # whoever changes the list finds the change again
    assert not hasattr(ValidationError({"a": one}), "error_list")


def test_an_error_is_freed_without_the_garbage_collector() -> None:
    error = ValidationError("One", code="one", params={"value": 1})
    assert error.messages == ["One"]
    assert [one.code for one in ValidationError([error]).single_errors()] == ["one"]
    gone = weakref.ref(error)
    del error
    assert gone() is None


def test_errors_that_differ_in_code_parameters_or_field_have_other_hashes_and_equal_ones_the_same() -> None:
    made = [
        ValidationError("a"),
        ValidationError("a", code="x"),
        ValidationError("a", code="y"),
        ValidationError("a %(n)s", params={"n": 1}),
        ValidationError("a %(n)s", params={"n": 2}),
        ValidationError({"f": "a"}),
        ValidationError({"g": "a"}),
        ValidationError(["a", "b"]),
    ]
    assert len({hash(error) for error in made}) == len(made)
    one, other = ValidationError({"f": ["a", "b"], "g": "c"}), ValidationError({"g": "c", "f": ["b", "a"]})
    assert (one, hash(one)) == (other, hash(other))
    unhashable = ValidationError("a %(n)s", params={"n": [1]})
    assert hash(unhashable) == hash(ValidationError("a %(n)s", params={"n": [1]}))
