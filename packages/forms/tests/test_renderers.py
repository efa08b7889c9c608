"""The same HTML from Python, from this package's templates, and from those for Jinja2; and a project's own templates."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from html import unescape
from pathlib import Path
from typing import Any

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.key import ExtensionPoint, Name
from partita.forms import (
    FORM_RENDERER,
    BaseRenderer,
    CharField,
    CheckboxInput,
    CheckboxSelectMultiple,
    ChoiceField,
    ClearableFileInput,
    DateField,
    DirectRenderer,
    EmailField,
    Form,
    FormTemplateError,
    HiddenInput,
    IntegerField,
    Jinja2Renderer,
    MultipleChoiceField,
    MultipleHiddenInput,
    NullBooleanSelect,
    RadioSelect,
    Select,
    SelectDateWidget,
    SelectMultiple,
    SplitDateTimeField,
    SplitDateTimeWidget,
    SplitHiddenDateTimeWidget,
    TemplatesRenderer,
    Textarea,
    TextInput,
    Widget,
)
from partita.forms.renderers import BUILT_IN, JINJA2_TEMPLATES, TEMPLATES, default_renderer
from partita.templates import DictLoader, Engine, FileLoader

CHOICES = [("", "None"), ("a", "A & <B>"), ("Group <1>", [(1, "One"), (2, "Two")])]


class OnlyTemplates(TemplatesRenderer):
    """Renders everything with its engine."""

    def direct(self, template_name: str) -> None:
        return None


class OnlyJinja2(Jinja2Renderer):
    """Renders everything with Jinja2."""

    def direct(self, template_name: str) -> None:
        return None


DIRECT = DirectRenderer()
ENGINES: dict[str, BaseRenderer] = {
    "templates": OnlyTemplates(Engine(dirs=[TEMPLATES])),
    "jinja2": OnlyJinja2(jinja2.Environment(trim_blocks=False)),
}


class Stored:
    url = "/media/a&b.txt"

    def __str__(self) -> str:
        return "a<b>.txt"


class Everything(Form):
    error_css_class, required_css_class = "bad", "must"

    name = CharField(help_text="Any <name>", label="Your 'name'")
    email = EmailField(required=False)
    kind = ChoiceField(choices=CHOICES)
    way = ChoiceField(choices=CHOICES, widget=RadioSelect, help_text="Choose")
    many = MultipleChoiceField(choices=CHOICES, widget=CheckboxSelectMultiple, required=False)
    note = CharField(widget=Textarea, label="")
    when = SplitDateTimeField(required=False)
    token = CharField(widget=HiddenInput)
    number = IntegerField(min_value=0, show_hidden_initial=True, initial=3)

    def clean(self) -> object:
        self.add_error(None, "The <whole>.")
        return None


class Hidden(Form):
    token = CharField(widget=HiddenInput)


FORMS: list[Form] = [
    Everything(), Everything({}), Everything({"name": '"><b>', "email": "x", "kind": "2", "way": "1", "many": ["a"], "note": "\n</textarea>"}),
    Everything(auto_id=False), Everything(prefix="p"), Hidden(), Hidden({}), Form(), Form({}),
]  # fmt: skip
WIDGETS: list[tuple[Widget, object]] = [
    (TextInput({"class": "x", "hidden": True, "no": False}), 'a"b'), (CheckboxInput(), True), (Select(choices=CHOICES), "2"),
    (SelectMultiple(choices=CHOICES), ["a", "1"]), (NullBooleanSelect(), None), (RadioSelect({"id": "i", "class": "c"}, CHOICES), "a"),
    (CheckboxSelectMultiple(choices=CHOICES), ["1"]), (ClearableFileInput(), Stored()), (ClearableFileInput({"disabled": True}), None),
    (MultipleHiddenInput({"id": "i"}), [1, 2]), (SplitDateTimeWidget({"id": "i"}), datetime(2026, 1, 2, 3, 4)),  # noqa: DTZ001
    (SplitHiddenDateTimeWidget(), None), (SelectDateWidget({"id": "i"}, years=[2026]), date(2026, 1, 2)), (Textarea(), "<a>\n"),
]  # fmt: skip


def same(html: str) -> str:
    """Engines differ in how they write quotes."""
    return str.__str__(html).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("layout", ["as_div", "as_p", "as_ul", "as_table", "error_summary"])
@pytest.mark.parametrize("number", range(len(FORMS)))
def test_templates_say_what_python_writes(number: int, layout: str, engine: str) -> None:
    form = FORMS[number]
    form.renderer = DIRECT
    html = getattr(form, layout)()
    form._bound_fields.clear()
    form.renderer = ENGINES[engine]
    form.errors.renderer = ENGINES[engine]
    for errors in form.errors.values():
        errors.renderer = ENGINES[engine]
    assert same(getattr(form, layout)()) == html


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("widget", "value"), WIDGETS, ids=lambda value: type(value).__name__)
def test_a_widget_s_template_says_what_python_writes(widget: Widget, value: object, engine: str) -> None:
    assert same(widget.render("n&", value, renderer=ENGINES[engine])) == widget.render("n&", value, renderer=DIRECT)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("kind", ["ul", "text"])
def test_lists_of_errors_have_templates_too(engine: str, kind: str) -> None:
    form = Everything({"name": ""})
    texts = [str(getattr(one, f"as_{kind}")()) for one in (form.errors, form.errors["name"], form.non_field_errors())]
    for one in (form.errors, *form.errors.values()):
        one.renderer = ENGINES[engine]
    again = [str(getattr(one, f"as_{kind}")()) for one in (form.errors, form.errors["name"], form.non_field_errors())]
    assert [same(one) for one in again] == texts
    assert all(texts)


@given(st.text(alphabet="<>\"'&={}%a-\n"), st.sampled_from(sorted(ENGINES)))
def test_no_value_gets_out_of_its_place_in_a_template(text: str, engine: str) -> None:
    form = Everything({"name": text, "email": text, "note": text, "many": [text], "token": text})
    direct = Everything({"name": text, "email": text, "note": text, "many": [text], "token": text}, renderer=DIRECT)
    form.renderer = ENGINES[engine]
    assert same(str(form)) == str(direct)


@pytest.mark.parametrize("folder", [TEMPLATES, JINJA2_TEMPLATES])
def test_each_name_has_a_file_and_each_file_is_used(folder: Path) -> None:
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    parts = {"partita/forms/attrs.html", "partita/forms/widgets/buttons.html"}
    assert files == {*BUILT_IN, *parts}


def own(templates: Mapping[str, str]) -> TemplatesRenderer:
    return TemplatesRenderer(Engine(loaders=[DictLoader(templates), FileLoader([TEMPLATES])]))


def test_a_project_s_template_of_a_widget_replaces_ours() -> None:
    renderer = own({"partita/forms/widgets/email.html": "<my-email>{{ widget.value }}</my-email>"})
    form = Everything({"name": "n", "email": "<e>"}, renderer=renderer)
    assert str(form["email"]) == "<my-email>&lt;e&gt;</my-email>"
    assert "<my-email>" in form.as_p()
    assert str(form["name"]) == str(Everything({"name": "n", "email": "<e>"})["name"])


def test_a_part_that_several_templates_include_changes_all_of_them() -> None:
    renderer = own(
        {"partita/forms/widgets/input.html": "<x-{{ widget.type }}>", "partita/forms/attrs.html": " data-all"}
    )
    form = Everything(renderer=renderer)
    assert str(form["email"]) == "<x-email>"
    assert str(form["kind"]).startswith('<select name="kind" data-all>\n<option value="" data-all>')
    assert "<x-radio>" in str(form["way"])
    assert str(form["when"]) == "<x-date><x-time>"


def test_a_project_s_template_of_a_field_is_used_by_every_form() -> None:
    renderer = own({"partita/forms/field.html": "[{{ field.name }}:{{ field }}]"})
    assert "[email:<input" in same(str(Everything(renderer=renderer)))


def test_a_template_may_extend_ours_with_its_parts() -> None:
    renderer = own({
        "my/text.html": '<span>{% include "partita/forms/widgets/text.html" %}</span>',
        "my/form.html": "{% for field, errors in fields %}{{ field.name }} {% endfor %}",
        "my/field.html": "<b>{{ field.label }}</b>",
    })  # fmt: skip

    class Spanned(TextInput):
        template_name = "my/text.html"

    class Own(Form):
        template_name = "my/form.html"
        first = CharField(widget=Spanned, template_name="my/field.html")
        second = CharField()

    form = Own(renderer=renderer)
    assert str(form["first"]) == '<span><input type="text" name="first" required id="id_first"></span>'
    assert str(form) == "first second "
    assert form["first"].as_field_group() == "<b>First</b>"
    assert form.render("my/field.html", {"field": form["second"]}) == "<b>Second</b>"


def test_a_template_without_an_engine_is_an_error_that_says_what_to_do() -> None:
    class Own(Form):
        template_name = "my/form.html"

    with pytest.raises(FormTemplateError, match=r"'my/form.html' is none of partita.forms.*TemplatesRenderer"):
        str(Own(renderer=DIRECT))
    with pytest.raises(LookupError):
        str(Own(renderer=own({})))


def test_a_subclass_may_change_what_a_template_gets() -> None:
    class Sized(TextInput):
        def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
            context = super().get_context(name, value, attrs)
            context["widget"]["attrs"]["size"] = len(str(value))
            return context

    assert Sized().render("n", "abc") == '<input type="text" name="n" value="abc" size="3">'


def test_a_subclass_may_change_its_options() -> None:
    class Marked(Select):
        def create_option(self, name: str, value: object, *args: Any, **kwargs: Any) -> dict[str, Any]:
            option = super().create_option(name, value, *args, **kwargs)
            option["attrs"]["data-x"] = f"{value}!"
            return option

    assert Marked(choices=[("a", "A")]).render("n", "a") == (
        '<select name="n">\n<option value="a" selected data-x="a!">A</option>\n</select>'
    )


class App:
    """As much of an application as renderers look at."""

    def __init__(self, renderer: BaseRenderer) -> None:
        self.renderer = renderer

    def find(self, key: Name[Any]) -> Any:
        return self.renderer if key is FORM_RENDERER else None

    require = find

    def all(self, point: ExtensionPoint[Any]) -> tuple[Any, ...]:
        return ()


@contextmanager
def application(renderer: BaseRenderer) -> Iterator[None]:
    token = CURRENT.set(App(renderer))
    try:
        yield
    finally:
        CURRENT.reset(token)


def test_the_renderer_of_the_application_counts_unless_a_form_has_its_own() -> None:
    renderer = own({"partita/forms/widgets/text.html": "theirs"})

    class Direct(Form):
        default_renderer = DirectRenderer
        name = CharField()

    with application(renderer):
        assert default_renderer() is renderer
        assert TextInput().render("n", "") == "theirs"
        assert str(Everything()["name"]) == "theirs"
        assert str(Everything(renderer=DIRECT)["name"]) != "theirs"
        assert str(Direct()["name"]) != "theirs"
    assert isinstance(default_renderer(), DirectRenderer)


def test_a_renderer_of_one_s_own_sees_every_template() -> None:
    seen: list[str] = []

    class Listing(BaseRenderer):
        form_template_name = "partita/forms/p.html"

        def render(self, template_name: str, context: Mapping[str, object], request: object = None) -> str:
            seen.append(template_name)
            return BUILT_IN[template_name](context)

    html = str(Hidden({}, renderer=Listing()))
    assert set(seen) == {
        "partita/forms/p.html",
        "partita/forms/widgets/hidden.html",
        "partita/forms/errors/list/ul.html",
    }
    assert "Hidden field token" in unescape(html)


def test_templates_that_come_and_go_are_noticed_while_debugging(tmp_path: Path) -> None:
    file = tmp_path / "partita/forms/widgets/text.html"
    file.parent.mkdir(parents=True)
    renderer = TemplatesRenderer(Engine(dirs=[tmp_path, TEMPLATES], debug=True))
    before = TextInput().render("n", "", renderer=renderer)
    file.write_text("new")
    changed = TemplatesRenderer(Engine(dirs=[tmp_path, TEMPLATES], debug=True))
    assert TextInput().render("n", "", renderer=changed) == "new"
    file.write_text("newer")
    assert TextInput().render("n", "", renderer=changed) == "newer"
    assert before.startswith("<input")


def test_jinja2_templates_of_a_project_replace_ours() -> None:
    environment = jinja2.Environment(
        loader=jinja2.DictLoader({"partita/forms/field.html": "({{ field.label }}{{ field }})"})
    )
    html = str(Everything(renderer=Jinja2Renderer(environment)))
    assert "(Your &#39;name&#39;<input" in html


def test_dates_have_their_own_template_name() -> None:
    class Days(Form):
        day = DateField(widget=SelectDateWidget(years=[2026]))

    assert str(Days(renderer=ENGINES["templates"])["day"]).count("<select") == 3
