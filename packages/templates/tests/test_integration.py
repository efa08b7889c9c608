"""An application gets an engine over what its packages contribute."""

from pathlib import Path

from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_DIRS, TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.templates.integration import setup


def test_folders_of_the_settings_stand_before_those_of_packages(tmp_path: Path) -> None:
    for folder, text in (("own", "own {{ missing }}"), ("package", "package")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "page.html").write_text(text)
    (tmp_path / "package" / "other.html").write_text("{{ greeting }}, other")
    app = SimpleRegistrar(templates={"dirs": (str(tmp_path / "own"),), "string_if_invalid": "?"})
    app.add(TEMPLATE_DIRS, tmp_path / "package")
    setup(app)
    app.add(CONTEXT_PROCESSORS, lambda request: {"greeting": "Hello"})  # packages may come later
    engine = app.require(TEMPLATES)
    assert engine.render("page.html") == "own ?"
    assert engine.render("other.html", request=object()) == "Hello, other"


def plain_language(request: object) -> dict[str, object]:
    """Stand for a context processor that a project asks for."""
    return {"LANGUAGE_CODE": "en", "greeting": "Good day"}


def test_a_project_names_more_context_processors(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("{{ greeting }} {{ LANGUAGE_CODE }}")
    app = SimpleRegistrar(
        templates={"dirs": (str(tmp_path),), "context_processors": (f"{__name__}.{plain_language.__name__}",)}
    )
    app.add(CONTEXT_PROCESSORS, lambda request: {"greeting": "Hello"})
    setup(app)
    assert app.require(TEMPLATES).render("page.html", request=object()) == "Good day en"
