"""An application's forms: its templates, its settings, two applications beside each other."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.forms import FORM_RENDERER, BaseRenderer, CharField, DirectRenderer, Form, TemplatesRenderer
from partita.forms.errors import RendererSettingError
from partita.forms.integration import setup
from partita.templates.integration import setup as setup_templates


class Name(Form):
    name = CharField()


class Shouting(BaseRenderer):
    """A renderer of one's own."""

    def render(self, template_name: str, context: Mapping[str, object], request: object = None) -> str:
        return template_name.upper()


@contextmanager
def app(folder: Path, **forms: object) -> Iterator[SimpleRegistrar]:
    made = SimpleRegistrar(templates={"dirs": (str(folder),)}, forms=forms)
    setup_templates(made)
    setup(made)
    token = CURRENT.set(made)
    try:
        yield made
    finally:
        CURRENT.reset(token)


def test_templates_of_the_project_replace_ours_in_its_application_only(tmp_path: Path) -> None:
    (tmp_path / "partita/forms/widgets").mkdir(parents=True)
    (tmp_path / "partita/forms/widgets/text.html").write_text("<my-text name={{ widget.name }}>")
    with app(tmp_path) as mine:
        assert isinstance(mine.require(FORM_RENDERER), TemplatesRenderer)
        assert str(Name()["name"]) == "<my-text name=name>"
        with app(tmp_path / "other"):
            assert str(Name()["name"]).startswith("<input")
        assert "<my-text" in Name().as_p()
    assert str(Name()["name"]).startswith("<input")


def test_the_renderer_is_a_setting(tmp_path: Path) -> None:
    with app(tmp_path, renderer="direct") as mine:
        assert isinstance(mine.require(FORM_RENDERER), DirectRenderer)
    with app(tmp_path, renderer=f"{__name__}.Shouting"):
        assert str(Name()) == "PARTITA/FORMS/DIV.HTML"


@pytest.mark.parametrize("name", ["nowhere.Renderer", "partita.forms.Nothing", "partita.forms.Form", "x", "."])
def test_a_setting_that_is_no_renderer_is_an_error_that_says_what_is_expected(tmp_path: Path, name: str) -> None:
    with (
        app(tmp_path, renderer=name) as mine,
        pytest.raises(RendererSettingError, match="Expected 'templates', 'direct'"),
    ):
        mine.require(FORM_RENDERER)
