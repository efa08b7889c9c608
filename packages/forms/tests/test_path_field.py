"""Paths of files on the server: only what lies in the folder is offered and accepted."""

import os
from pathlib import Path

import pytest

from partita.forms import FilePathField, Form, ValidationError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.pdf", "a.pdf", "note.txt", "c/d.pdf", "c/e/f.pdf", "__pycache__/x.pdf"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def names(field: FilePathField) -> list[object]:
    return [label for _, label in field.choices]


def test_files_of_a_folder_are_offered_in_order(folder: Path) -> None:
    assert names(FilePathField(folder)) == ["a.pdf", "b.pdf", "note.txt"]
    assert names(FilePathField(folder, match=r"\.pdf$")) == ["a.pdf", "b.pdf"]
    assert names(FilePathField(folder, match=r"\.pdf$", recursive=True)) == ["a.pdf", "b.pdf", "c/d.pdf", "c/e/f.pdf"]
    assert names(FilePathField(folder, allow_files=False, allow_folders=True, recursive=True)) == ["c", "c/e"]
    assert names(FilePathField(folder, allow_folders=True)) == ["a.pdf", "b.pdf", "c", "note.txt"]
    assert names(FilePathField(folder, allow_files=False)) == []
    assert names(FilePathField(folder, required=False))[0] == "---------"


def test_only_what_is_offered_is_accepted(folder: Path) -> None:
    field = FilePathField(folder, match=r"\.pdf$")
    assert field.clean(str(folder / "a.pdf")) == str(folder / "a.pdf")
    for bad in (
        "a.pdf",
        str(folder / "note.txt"),
        f"{folder}/../{folder.name}/a.pdf",
        "/etc/passwd",
        f"{folder}/a.pdf\x00",
    ):
        with pytest.raises(ValidationError, match="Select a valid choice"):
            field.clean(bad)


def test_each_form_looks_into_the_folder_anew(folder: Path) -> None:
    class Score(Form):
        file = FilePathField(folder, match=r"\.pdf$")

    new = folder / "new.pdf"
    assert not Score({"file": str(new)}).is_valid()
    new.touch()
    assert Score({"file": str(new)}).is_valid()
    assert "new.pdf" in str(Score())
    new.unlink()
    assert not Score({"file": str(new)}).is_valid()


def test_a_link_to_a_folder_is_not_followed(folder: Path) -> None:
    os.symlink(folder, folder / "c" / "loop")
    assert names(FilePathField(folder, recursive=True, match="f.pdf")) == ["c/e/f.pdf"]


def test_a_folder_that_is_not_there_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FilePathField(tmp_path / "nowhere")
