"""What templates of choices get."""

from markupsafe import Markup

from partita.forms import CheckboxSelectMultiple, ChoiceField, RadioSelect, Select, SelectMultiple, TypedChoiceField

CHOICES = [("a", "A"), ("Group", [("b", "B"), (1, "One")]), (None, "None")]


def test_options_come_by_group_with_their_numbers() -> None:
    groups = Select(choices=CHOICES).optgroups("name", ["b"], {"id": "i"})
    assert [(group, index, [option["index"] for option in options]) for group, options, index in groups] == [
        (None, 0, ["0"]),
        ("Group", 1, ["1_0", "1_1"]),
        (None, 2, ["2"]),
    ]
    options = list(Select(choices=CHOICES).options("name", ["1"]))
    assert [option["value"] for option in options] == ["a", "b", 1, ""]
    assert [option["selected"] for option in options] == [False, False, True, False]
    assert options[2]["attrs"] == {"selected": True}


def test_a_list_that_opens_shows_one_choice_even_if_two_have_the_value() -> None:
    twice = [("1", "One"), (1, "One again")]
    assert Select(choices=twice).render("n", "1").count("selected") == 1
    assert RadioSelect(choices=twice).render("n", "1").count("checked") == 1
    assert SelectMultiple(choices=twice).render("n", ["1"]).count("selected") == 2
    assert CheckboxSelectMultiple(choices=twice).render("n", ["1"]).count("checked") == 2


def test_labels_that_are_html_are_not_escaped_twice() -> None:
    html = Select(choices=[("a", Markup("you &gt; me")), ("b", "you > me")]).render("n", None)
    assert html.count("you &gt; me") == 2


def test_the_name_of_a_group_stands_in_an_attribute_and_never_ends_it() -> None:
    for told in ('Group "1" <b>', Markup("Group &quot;1&quot; &lt;b&gt;"), Markup('Group "1" <b>')):
        html = Select(choices=[(told, [("a", "A")])]).render("n", None)
        assert html.count('<optgroup label="Group &#34;1&#34; &lt;b&gt;">') == 1
        assert 'aria-label="Group &#34;1&#34; &lt;b&gt;"' in RadioSelect(choices=[(told, [("a", "A")])]).render(
            "n", None
        )


def test_values_chosen_are_texts() -> None:
    assert SelectMultiple().format_value(None) == []
    assert SelectMultiple().format_value([1, None]) == ["1", ""]
    assert Select().format_value(None) == [""]
    assert RadioSelect().id_for_label("i") == ""
    assert RadioSelect().id_for_label("i", "1_0") == "i_1_0"
    assert Select().id_for_label("i") == "i"


def test_a_typed_choice_has_changed_if_its_value_has() -> None:
    field = TypedChoiceField(choices=[(1, "+1"), (-1, "-1")], coerce=int, empty_value=None)
    assert not field.has_changed(1, "1")
    assert not field.has_changed(None, "")
    assert field.has_changed(1, "-1")
    assert field.has_changed(1, "x")


def test_choices_compare_with_lists() -> None:
    field = ChoiceField(choices=lambda: [("a", "A")])
    assert field.choices == [("a", "A")]
    assert field.choices != [("b", "B")]
    assert ChoiceField().choices == []
