import asyncio
import os
from pathlib import Path

import pytest

from partita.http import Request, Response, respond_to
from partita.http.handlers import compose
from partita.http.offload import offload_layer


def ask(path: Path, folders: dict[str, str] | None, **headers: str) -> Response:
    async def view(request: Request) -> Response:
        return respond_to(request, Response.file(path, as_attachment=True))

    request = Request.build(headers={name.replace("_", "-"): value for name, value in headers.items()})
    return asyncio.run(compose(view, [offload_layer(folders)])(request))


@pytest.fixture
def media(tmp_path: Path) -> Path:
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "an ä.pdf").write_bytes(b"content")
    (tmp_path / "media-old").mkdir()
    (tmp_path / "media-old" / "a.pdf").write_bytes(b"content")
    return folder


def test_nginx_is_told_the_place_and_gets_no_body(media: Path) -> None:
    response = ask(media / "an ä.pdf", {str(media): "/protected/"})
    assert response.headers["x-accel-redirect"] == "/protected/an%20%C3%A4.pdf"
    assert response.body == b""
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("attachment")
    assert "content-length" not in response.headers


def test_others_are_told_the_path(media: Path) -> None:
    response = ask(media / "an ä.pdf", None)
    assert response.headers["x-sendfile"].endswith("/media/an%20%C3%A4.pdf")
    assert response.body == b""


def test_a_name_that_is_no_utf_8_is_told_byte_by_byte(media: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(media) + b"/caf\xe9.pdf"))  # as old archives bring along
    path.write_bytes(b"content")
    response = ask(path, {str(media): "/protected/"})
    assert response.headers["x-accel-redirect"] == "/protected/caf%E9.pdf"


def test_what_lies_elsewhere_or_is_a_part_is_sent_by_us(media: Path) -> None:
    folders = {str(media): "/protected"}
    for path in (media.parent / "media-old" / "a.pdf", media / "out.pdf"):
        if path.name == "out.pdf":
            path.symlink_to(media.parent / "media-old" / "a.pdf")
        response = ask(path, folders)
        assert "x-accel-redirect" not in response.headers
        assert asyncio.run(response.aread()) == b"content"
    part = ask(media / "an ä.pdf", folders, range="bytes=0-1")
    assert (part.status, asyncio.run(part.aread())) == (206, b"co")
    assert "x-accel-redirect" not in part.headers


def test_other_answers_are_left_alone() -> None:
    async def view(request: Request) -> Response:
        return Response.text("hello")

    response = asyncio.run(compose(view, [offload_layer()])(Request.build()))
    assert (response.body, "x-sendfile" in response.headers) == (b"hello", False)


@pytest.mark.parametrize("folders", [{"media": "/protected"}, {"/media": "protected"}])
def test_places_that_are_none_are_refused(folders: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"relative|begins with a slash"):
        offload_layer(folders)
