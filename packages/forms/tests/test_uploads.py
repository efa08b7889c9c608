"""Files of Flask and FastAPI go into file fields as they are."""

import io
from typing import Any

import pytest
from starlette.datastructures import UploadFile
from werkzeug.datastructures import FileStorage, MultiDict

from partita.forms import FileField, Form, MultipleFileField
from partita.forms.uploads import adapted


class Scan(Form):
    page = FileField(max_size=10, allowed_extensions=("pdf",))
    more = MultipleFileField(required=False)


def flask_file(content: bytes, name: str = "a.pdf") -> FileStorage:
    return FileStorage(io.BytesIO(content), filename=name, name="page", content_type="application/pdf")


def fastapi_file(content: bytes, name: str = "a.pdf") -> UploadFile:
    return UploadFile(io.BytesIO(content), size=len(content), filename=name)


@pytest.mark.parametrize("make", [flask_file, fastapi_file])
def test_a_file_of_another_framework_is_a_file(make: Any) -> None:
    form = Scan({}, MultiDict([("page", make(b"scan")), ("more", make(b"1", "b")), ("more", make(b"22", "c"))]))
    assert form.is_valid(), form.errors
    page = form.cleaned_data["page"]
    assert (page.name, page.filename, page.size, page.read()) == ("a.pdf", "a.pdf", 4, b"scan")
    assert b"".join(page.chunks(3)) == b"scan"
    assert str(page) == "a.pdf"
    assert [file.size for file in form.cleaned_data["more"]] == [1, 2]


@pytest.mark.parametrize("make", [flask_file, fastapi_file])
def test_its_size_and_name_are_checked(make: Any) -> None:
    assert Scan({}, {"page": make(b"x" * 11)}).has_error("page", "max_size")
    assert Scan({}, {"page": make(b"")}).has_error("page", "empty")
    assert Scan({}, {"page": make(b"x", "a.exe")}).has_error("page", "invalid_extension")
    assert Scan({}, {"page": make(b"", "")}).has_error("page", "required")


def test_other_values_stay_as_they_are() -> None:
    assert adapted(None) is None
    assert adapted("x") == "x"
    assert adapted(flask_file(b"x")).content_type == "application/pdf"
    assert repr(adapted(flask_file(b"x"))) == "<ForeignUpload 'a.pdf' (1 bytes)>"
