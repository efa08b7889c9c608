"""Upload handlers: who gets the bytes of files."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.http import BadRequest, ClientDisconnected, ContentTooLarge, Limits, Request, UploadedFile
from partita.http.drafts import HttpRequest, RawPostDataException
from partita.http.drafts.incoming import LimitedStream
from partita.http.drafts.uploaded_files import InMemoryUploadedFile, SimpleUploadedFile, TemporaryUploadedFile
from partita.http.drafts.uploads import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    SkipFile,
    StopFutureHandlers,
    StopUpload,
    TemporaryFileUploadHandler,
)
from partita.http.limits import LIMITS


def body(*files: tuple[str, bytes], fields: tuple[tuple[str, str], ...] = (("a", "1"),)) -> bytes:
    parts = [
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode() for name, value in fields
    ]
    for name, data in files:
        head = f'--x\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\nContent-Type: text/plain; charset=ascii\r\n\r\n'
        parts.append(head.encode() + data + b"\r\n")
    return b"".join(parts) + b"--x--\r\n"


def draft(*files: tuple[str, bytes], limits: Limits | None = None) -> HttpRequest:
    return HttpRequest(
        Request.build(
            "POST",
            "/",
            body=body(*files),
            headers={"Content-Type": "multipart/form-data; boundary=x"},
            limits=limits or Limits(),
        )
    )


class Recording(FileUploadHandler):
    chunk_size = 4

    def __init__(self, request: Any = None, keep: bool = False) -> None:
        super().__init__(request)
        self.keep = keep
        self.seen: list[Any] = []

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.seen.append((self.field_name, self.file_name, self.content_type, self.charset))

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.seen.append((start, raw_data))
        return None if self.keep else raw_data.upper()

    def file_complete(self, file_size: int) -> UploadedFile | None:
        self.seen.append(file_size)
        return None

    def upload_complete(self) -> None:
        self.seen.append("done")

    def upload_interrupted(self) -> None:
        self.seen.append("interrupted")


def test_small_files_stay_in_memory_and_large_ones_lie_on_disk() -> None:
    small = draft(("a.txt", b"abc"))
    assert isinstance(small.upload_handlers[0], MemoryFileUploadHandler)
    assert isinstance(small.FILES["f"], InMemoryUploadedFile)
    assert (small.FILES["f"].read(), small.FILES["f"].field_name) == (b"abc", "f")
    large = draft(("b.txt", b"x" * 5000), limits=Limits(max_file_memory=1000))
    assert isinstance(large.upload_handlers[1], TemporaryFileUploadHandler)
    file = large.FILES["f"]
    assert isinstance(file, TemporaryUploadedFile)
    assert Path(file.temporary_file_path()).read_bytes() == b"x" * 5000
    assert (file.size, large.POST["a"]) == (5000, "1")
    file.close()
    assert not Path(file.temporary_file_path()).exists()


def test_each_handler_passes_on_what_the_next_one_gets() -> None:
    request = draft(("a.txt", b"abcdefghij"))
    first, second = Recording(), Recording(keep=True)
    request.upload_handlers = [first, second]
    assert request.FILES == {}
    assert request.POST == {"a": ["1"]}
    assert first.seen == [("f", "a.txt", "text/plain", "ascii"), (0, b"abcd"), (4, b"efgh"), (8, b"ij"), 10, "done"]
    assert second.seen == [("f", "a.txt", "text/plain", "ascii"), (0, b"ABCD"), (4, b"EFGH"), (8, b"IJ"), 10, "done"]
    with pytest.raises(AttributeError, match="after the upload"):
        request.upload_handlers = []
    with pytest.raises(AttributeError, match="after the upload"):
        request.upload_handlers.append(first)
    with pytest.raises(AttributeError, match="after the upload"):
        request.upload_handlers.insert(0, first)
    assert request.upload_handlers == [first, second]


def test_a_handler_may_take_a_file_for_itself() -> None:
    class Greedy(Recording):
        def new_file(self, *args: Any, **kwargs: Any) -> None:
            super().new_file(*args, **kwargs)
            raise StopFutureHandlers

    request, second = draft(("a.txt", b"abc")), Recording()
    request.upload_handlers = [Greedy(), second]
    assert request.FILES == {}
    assert second.seen == ["done"]


@pytest.mark.parametrize("when", ["new", "chunk"])
def test_a_file_may_be_skipped_and_the_rest_is_read(when: str) -> None:
    class Skipping(Recording):
        def new_file(self, *args: Any, **kwargs: Any) -> None:
            super().new_file(*args, **kwargs)
            if when == "new" and self.file_name == "a.txt":
                raise SkipFile

        def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
            if self.file_name == "a.txt":
                raise SkipFile
            return super().receive_data_chunk(raw_data, start)

    request = draft(("a.txt", b"abc"), ("b.txt", b"def"))
    request.upload_handlers = [Skipping(), MemoryFileUploadHandler(request)]
    assert [file.filename for file in request.FILES.getlist("f")] == ["b.txt"]
    assert request.FILES["f"].read() == b"DEF"


def test_what_stops_in_the_middle_of_a_file_leaves_nothing_on_disk() -> None:
    class Failing(TemporaryFileUploadHandler):
        error: Exception = StopUpload()

        def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
            super().receive_data_chunk(raw_data, start)
            raise self.error

    for error in (StopUpload(), StopUpload(connection_reset=True), ClientDisconnected("gone"), RuntimeError("broken")):
        request = draft(("a.txt", b"abcdefgh"))
        handler = Failing(request)
        handler.error = error
        request.upload_handlers = [handler]
        if isinstance(error, StopUpload):
            assert request.FILES == {}
        else:
            with pytest.raises(type(error)):
                _ = request.FILES
        assert handler.file is not None
        assert not Path(handler.file.temporary_file_path()).exists()


def test_files_are_made_as_in_django() -> None:
    simple = SimpleUploadedFile("a.txt", b"abc")
    assert (simple.name, simple.size, simple.content_type, simple.read()) == ("a.txt", 3, "text/plain", b"abc")
    assert SimpleUploadedFile.from_dict({"filename": "b", "content": b"x", "content-type": "a/b"}).content_type == "a/b"
    memory = InMemoryUploadedFile(BytesIO(b"ab"), "f", "c.txt", "text/plain", 2, "utf-8")
    assert (memory.field_name, memory.charset, memory.read()) == ("f", "utf-8", b"ab")
    memory.name = "../d.txt"
    assert memory.filename == str(memory) == "d.txt"
    assert SimpleUploadedFile("/etc/C:\\a\\passwd\0", b"").name == "passwd"
    with TemporaryUploadedFile("e.txt", "text/plain", 0) as disk:
        path = Path(disk.temporary_file_path())
        assert path.exists()
        path.rename(path.with_suffix(".moved"))
    assert disk.closed
    path.with_suffix(".moved").unlink()


def test_an_empty_body_is_an_empty_form() -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": "0"}
    request = Request.build("POST", headers=headers)
    assert request.form().pairs() == ()
    assert HttpRequest(Request.build("POST", headers=headers)).POST == {}
    with pytest.raises(BadRequest, match="closing boundary"):
        Request.build("POST", headers=headers, body=b"--b").form()


def test_a_handler_may_stop_everything() -> None:
    class Quota(Recording):
        def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
            raise StopUpload(connection_reset=start > 0)

    request = draft(("a.txt", b"abcdefgh"))
    request.upload_handlers = [Quota()]
    assert request.FILES == {}
    assert request.POST["a"] == "1"
    assert str(StopUpload(True)) == "StopUpload: drop the connection"


def test_a_handler_may_parse_the_body_itself() -> None:
    class Own(FileUploadHandler):
        def handle_raw_input(self, input_data: Any, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
            return input_data.read(), "files"

    class Peeking(FileUploadHandler):
        def handle_raw_input(self, input_data: Any, *args: Any, **kwargs: Any) -> None:
            return None

    request: Any = draft(("a.txt", b"abc"))
    request.upload_handlers = [Peeking(), Own()]
    assert (body(("a.txt", b"abc")), "files") == (request.POST, request.FILES)


def test_limits_hold_with_handlers_as_without() -> None:
    request = draft(("a.txt", b"x" * 100), limits=Limits(max_file_size=50))
    request.upload_handlers = [Recording(keep=True)]
    with pytest.raises(ContentTooLarge, match="50 bytes"):
        request.FILES
    many = draft(*[(f"{number}.txt", b"x") for number in range(5)], limits=Limits(max_files=3))
    many.upload_handlers = [Recording(keep=True)]
    with pytest.raises(ContentTooLarge, match="3 files"):
        many.POST


class _Going:
    """A body whose client goes away in the middle."""

    def __iter__(self) -> Any:
        yield body(("a.txt", b"abcdefgh"))[:-20]
        raise ClientDisconnected("gone")

    def read(self, limit: int | None = None) -> bytes:
        raise ClientDisconnected("gone")


def test_handlers_learn_that_the_client_went_away() -> None:
    native = Request.build("POST", "/", body=_Going(), headers={"Content-Type": "multipart/form-data; boundary=x"})  # type: ignore[arg-type]
    request, handler = HttpRequest(native), Recording()
    request.upload_handlers = [handler]
    with pytest.raises(ClientDisconnected):
        request.POST
    assert handler.seen[-1] == "interrupted"


@given(st.lists(st.binary(max_size=300), max_size=4), st.integers(1, 50))
def test_files_arrive_as_they_were_sent_whatever_the_pieces(contents: list[bytes], size: int) -> None:
    clean = [content.replace(b"\r\n--x", b"") for content in contents]
    request = draft(*[(f"{number}.bin", content) for number, content in enumerate(clean)])
    handlers: list[Any] = [Recording(), TemporaryFileUploadHandler()]
    handlers[0].chunk_size = size
    request.upload_handlers = handlers
    found = [file.read() for file in request.FILES.getlist("f")]
    assert found == [content.upper() for content in clean]
    for file in request.FILES.getlist("f"):
        file.close()


@pytest.mark.parametrize("read", [lambda r: r.read(2), lambda r: r.readline(2), lambda r: next(iter(r))])
def test_a_body_is_read_whole_or_piece_by_piece(read: Callable[[HttpRequest], bytes]) -> None:
    def sent() -> HttpRequest:
        return HttpRequest(Request.build("POST", "/", form={"a": "1"}))

    piecewise = sent()
    read(piecewise)
    with pytest.raises(RawPostDataException, match="after reading"):
        piecewise.body
    assert piecewise.POST == {}
    whole = sent()
    assert whole.body == b"a=1"
    assert read(whole)[:2] == b"a="
    assert whole.POST == {"a": ["1"]}
    form = draft(("a.txt", b"abc"))
    assert form.POST["a"] == "1"
    with pytest.raises(RawPostDataException):
        form.body


def test_a_form_in_another_charset_is_refused() -> None:
    kind = "application/x-www-form-urlencoded; charset=iso-8859-1"
    request = HttpRequest(Request.build("POST", "/", body=b"a=%E4", headers={"Content-Type": kind}))
    with pytest.raises(BadRequest, match="must be UTF-8"):
        request.POST


def test_an_environment_makes_a_draft() -> None:
    environ = {
        "REQUEST_METHOD": "post",
        "PATH_INFO": "/caf\xc3\xa9/",
        "SCRIPT_NAME": "/shop/",
        "CONTENT_TYPE": "application/x-www-form-urlencoded",
        "CONTENT_LENGTH": "3",
        "HTTP_COOKIE": "a=1",
        "HTTP_HOST": "shop.test",
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(b"b=2&never=read"),
    }
    request: Any = HttpRequest.from_environ(environ)
    assert (request.method, request.path, request.path_info) == ("POST", "/shop/café/", "/café/")
    assert (request.POST, request.COOKIES, request.is_secure()) == ({"b": ["2"]}, {"a": "1"}, True)
    assert request.META is environ
    assert request.headers["Cookie"] == "a=1"
    assert request.build_absolute_uri("x") == "https://shop.test/shop/caf%C3%A9/x"
    with pytest.raises(BadRequest, match="Content-Type"):
        HttpRequest.from_environ({"CONTENT_TYPE": "nonsense"})


@given(st.binary(max_size=100), st.integers(0, 120), st.lists(st.integers(-1, 30), max_size=10))
def test_a_limited_stream_ends_where_it_must(data: bytes, limit: int, sizes: list[int]) -> None:
    stream = LimitedStream(BytesIO(data), limit)
    found = b"".join([stream.read(size) if number % 2 else stream.readline(size) for number, size in enumerate(sizes)])
    assert found + stream.read() == data[:limit]
    assert stream.read(5) == b""


def test_handlers_that_come_when_the_form_has_been_read_are_refused_also_if_nobody_named_any() -> None:
    request = draft(("a.txt", b"abc"))
    assert request.FILES["f"].read() == b"abc"
    with pytest.raises(AttributeError, match="after the upload"):
        request.upload_handlers.insert(0, Recording())
    with pytest.raises(AttributeError, match="after the upload"):
        request.upload_handlers = []
    empty = HttpRequest()
    empty.upload_handlers = [Recording()]  # nothing has been read
    assert len(empty.upload_handlers) == 1


def test_cve_2026_33034_a_body_that_is_longer_than_it_was_said_to_be_goes_on_on_disk() -> None:
    files = [("a.txt", b"a" * 600), ("b.txt", b"b" * 600), ("c.txt", b"c" * 600)]
    limits = Limits(max_file_memory=1000)
    native = Request.build("POST", body=body(*files), headers={"Content-Type": "multipart/form-data; boundary=x", "Content-Length": "10"}, limits=limits)  # fmt: skip
    request = HttpRequest(native)
    request.upload_handlers = [MemoryFileUploadHandler(request), TemporaryFileUploadHandler(request)]
    found = request.FILES.getlist("f")
    assert [type(file) for file in found] == [InMemoryUploadedFile, TemporaryUploadedFile, TemporaryUploadedFile]
    assert [(file.name, file.read(), file.size) for file in found] == [(name, data, 600) for name, data in files]
    for file in found:
        file.close()
    assert not Path(found[1].temporary_file_path()).exists()  # type: ignore[attr-defined]  # its class was looked at


def test_what_a_broken_form_had_put_on_disk_is_removed() -> None:
    class Slow(_Going):
        def __iter__(self) -> Any:
            sent = body(("a.txt", b"a" * 2000))
            yield from [sent[at : at + 100] for at in range(0, len(sent), 100)]

    limits, length = Limits(max_file_memory=100, max_file_size=1000), "10"
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": length}
    native = Request.build("POST", body=Slow(), headers=headers, limits=limits)  # type: ignore[arg-type]  # only iterated over
    request = HttpRequest(native)
    handler = MemoryFileUploadHandler(request)
    request.upload_handlers = [handler]
    with pytest.raises(ContentTooLarge):
        request.FILES
    assert handler.file is not None
    assert handler.file.closed


def test_a_handler_without_a_request_keeps_to_the_limits_of_the_application() -> None:
    class App:
        def find(self, key: object) -> Limits | None:
            return Limits(max_file_memory=10) if key is LIMITS else None

    handler = MemoryFileUploadHandler()
    token = CURRENT.set(App())  # type: ignore[arg-type]  # what is needed of one
    try:
        handler.handle_raw_input(None, {}, 15, "x")
        assert not handler.activated
        handler.handle_raw_input(None, {}, 5, "x")
        assert handler.activated
    finally:
        CURRENT.reset(token)
