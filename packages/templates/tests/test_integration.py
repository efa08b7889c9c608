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
