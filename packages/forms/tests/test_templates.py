"""Forms in our own template engine, which takes them apart by attribute and index."""

import pytest

from partita.forms import CharField, ChoiceField, EmailField, Form, RadioSelect
from partita.templates import Engine


class Person(Form):
    name = CharField(help_text="Any <name>")
    email = EmailField(required=False)
    kind = ChoiceField(choices=[("a", "A&"), ("b", "B")], widget=RadioSelect, required=False)

    def clean(self) -> object:
        if self.is_bound and self.data.get("email") == "x@y.de":  # type: ignore[union-attr]  # a mapping here
            self.add_error(None, "Not <you>.")
        return None


def render(source: str, form: Form) -> str:
    return Engine().from_string(source).render({"form": form})


SENT = {"name": "", "email": '"><b>@'}


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("{{ form.name }}", str(Person(SENT)["name"])),
        ("{{ form.name.errors }}", '<ul class="errorlist" id="id_name_error"><li>This field is required.</li></ul>'),
        ("{% for error in form.name.errors %}[{{ error }}]{% endfor %}", "[This field is required.]"),
        ("{{ form.name.errors.0 }}", "This field is required."),
        ("{% for field in form %}{{ field.name }}:{{ field.label }};{% endfor %}", "name:Name;email:Email;kind:Kind;"),
        ("{{ form.name.label_tag }}", '<label for="id_name">Name:</label>'),
        ("{{ form.name.id_for_label }} {{ form.name.html_name }}", "id_name name"),
        ("{{ form.name.help_text }}", "Any &lt;name&gt;"),
        ("{{ form.email.value }}", "&#34;&gt;&lt;b&gt;@"),
        ("{% for radio in form.kind %}{{ radio.tag }}|{{ radio.choice_label }};{% endfor %}",
         '<input type="radio" name="kind" value="a" id="id_kind_0">|A&amp;;'
         '<input type="radio" name="kind" value="b" id="id_kind_1">|B;'),
        ("{{ form.kind.1.choice_label }}", "B"),
        ("{% if form.errors %}bad{% endif %}{% if form.is_valid %}good{% endif %}", "bad"),
        ("{{ form.errors.name }}", '<ul class="errorlist" id="id_name_error"><li>This field is required.</li></ul>'),
        ("{% for name, errors in form.errors.items %}{{ name }}={{ errors|length }} {% endfor %}", "name=1 email=1 "),
        ("{% if form.non_field_errors %}x{% else %}none{% endif %}", "none"),
        ("{{ form.nope }}", ""),
        ("{% if form.name %}field{% endif %}", "field"),
        ("{{ form.name.as_field_group }}", str(Person(SENT)["name"].as_field_group())),
    ],
)  # fmt: skip
def test_a_template_reaches_every_part_of_a_form(source: str, text: str) -> None:
    assert str(render(source, Person(SENT))).replace("&quot;", "&#34;") == text


def test_a_whole_form_is_shown_as_html_and_not_escaped_twice() -> None:
    form = Person(SENT)
    assert render("{{ form }}", form) == form.as_div()
    assert render("{{ form.as_p }}", form) == form.as_p()
    assert "<b>@" not in render("{{ form }}", form)


def test_errors_of_the_whole_are_escaped() -> None:
    form = Person({"name": "a", "email": "x@y.de"})
    assert render("{{ form.non_field_errors }}", form) == (
        '<ul class="errorlist nonfield"><li>Not &lt;you&gt;.</li></ul>'
    )
