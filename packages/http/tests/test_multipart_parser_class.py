"""Parsers and upload handlers of one's own for the forms of drafts."""

import io
from typing import Any

import pytest

from partita.contracts.current import CURRENT
from partita.contracts.testing.app import SimpleRegistrar
from partita.http.drafts import HttpRequest, QueryDict
from partita.http.drafts.multipart_parser import MultiPartParser
from partita.http.drafts.uploads import FileUploadHandler, MemoryFileUploadHandler, TemporaryFileUploadHandler
from partita.http.errors import BadRequest, ContentTooLarge
from partita.http.integration import setup
from partita.http.limits import Limits

BODY = (
    b'--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nGigue\r\n'
    b'--b\r\nContent-Disposition: form-data; name="score"; filename="a.txt"\r\n\r\nnotes\r\n--b--\r\n'
)
META = {"CONTENT_TYPE": "multipart/form-data; boundary=b", "CONTENT_LENGTH": str(len(BODY))}


class WholeBody(FileUploadHandler):
    """Parses the body itself."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: str, encoding: Any = None
    ) -> Any:
        return QueryDict.of([("read", str(len(input_data.read())))]), {}


class Marking(MultiPartParser):
    """Adds a field."""

    def parse(self) -> tuple[Any, Any]:
        fields, files = super().parse()
        return QueryDict.of([*fields.pairs(), ("parser", "ours")]), files


def draft(kind: type[HttpRequest] = HttpRequest) -> HttpRequest:
    return kind.from_environ({"REQUEST_METHOD": "POST", "PATH_INFO": "/", **META, "wsgi.input": io.BytesIO(BODY)})


def test_the_parser_gives_fields_and_files() -> None:
    fields, files = MultiPartParser(META, io.BytesIO(BODY), [MemoryFileUploadHandler()]).parse()
    assert fields == {"title": ["Gigue"]}
    assert files["score"].file.read() == b"notes"
    assert MultiPartParser({**META, "CONTENT_LENGTH": "0"}, io.BytesIO(b""), []).parse()[0] == {}


def test_the_parser_keeps_limits() -> None:
    with pytest.raises(ContentTooLarge):
        MultiPartParser(META, io.BytesIO(BODY), [MemoryFileUploadHandler()], limits=Limits(max_file_size=3)).parse()


@pytest.mark.parametrize(
    ("meta", "told"),
    [
        ({"CONTENT_TYPE": "text/plain"}, "Invalid Content-Type: text/plain"),
        ({"CONTENT_TYPE": ""}, "Invalid Content-Type"),
        ({"CONTENT_TYPE": "multipart/form-data"}, "Invalid boundary in multipart: None"),
        ({"CONTENT_TYPE": f"multipart/form-data; boundary={'x' * 71}"}, "Invalid boundary"),
        ({"CONTENT_TYPE": "multipart/form-data; boundary=\u00e0"}, "Invalid non-ASCII Content-Type"),
        ({"CONTENT_LENGTH": -1}, "Invalid content length: -1"),
    ],
)
def test_what_cannot_be_parsed_is_refused_at_once(meta: dict[str, object], told: str) -> None:
    with pytest.raises(BadRequest, match=told):
        MultiPartParser({**META, **meta}, io.BytesIO(BODY), [])


def test_a_draft_may_have_a_parser_of_its_own() -> None:
    request = draft()
    assert request.multipart_parser_class is MultiPartParser
    request.multipart_parser_class = Marking
    assert request.POST == {"title": ["Gigue"], "parser": ["ours"]}
    assert request.FILES["score"].file.read() == b"notes"
    with pytest.raises(RuntimeError, match="after the upload"):
        request.multipart_parser_class = MultiPartParser


def test_a_class_of_drafts_may_have_one() -> None:
    class Own(HttpRequest):
        multipart_parser_class = Marking

    assert draft(Own).POST["parser"] == "ours"


def test_the_settings_name_the_handlers() -> None:
    usual = [type(handler) for handler in draft().upload_handlers]
    assert usual == [MemoryFileUploadHandler, TemporaryFileUploadHandler]
    app = SimpleRegistrar(uploads={"handlers": [f"{WholeBody.__module__}.WholeBody"]})
    setup(app)
    before = CURRENT.set(app)
    try:
        assert {"read": [str(len(BODY))]} == draft().POST
    finally:
        CURRENT.reset(before)
    missing = SimpleRegistrar(uploads={"handlers": ["partita.http.nothing_here"]})
    setup(missing)
    before = CURRENT.set(missing)
    try:
        with pytest.raises(ImportError, match="nothing_here"):
            draft().POST
    finally:
        CURRENT.reset(before)
