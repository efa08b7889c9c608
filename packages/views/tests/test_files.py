import asyncio
import os
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from partita.contracts.errors import ImproperlyConfigured
from partita.http import NotFound, Request
from partita.http.drafts import HttpRequest
from partita.testing import Client, application
from partita.views.files import directory_index, files_in_debug, serve, was_modified_since


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "media"
    (root / "sub").mkdir(parents=True)
    (root / "a.txt").write_text("hello")
    (root / "sub" / "b.html").write_text("<p>b")
    (root / ".hidden").write_text("secret")
    (root / "javascript:alert(1)").write_text("x")
    (tmp_path / "media-old").mkdir()
    (tmp_path / "media-old" / "c.txt").write_text("old")
    (tmp_path / "secret.txt").write_text("secret")
    return root


def test_a_file_is_sent_with_its_type_and_its_date(folder: Path) -> None:
    response = serve(Request.build(), "sub/b.html", folder)
    assert (response.content_type, asyncio.run(response.aread())) == ("text/html; charset=utf-8", b"<p>b")
    again = serve(Request.build(headers={"If-Modified-Since": response.headers["last-modified"]}), "sub/b.html", folder)
    assert again.status == 304
    part = serve(HttpRequest(Request.build(headers={"Range": "bytes=1-2"})), "a.txt", folder)
    assert (part.status, part.headers["content-range"]) == (206, "bytes 1-2/5")


@pytest.mark.parametrize(
    "path",
    [
        *("missing", "../secret.txt", "sub/../../secret.txt", "..", "/../secret.txt", "..\\secret.txt", "a.txt\x00"),
        *("sub/..%2f", "../media-old/c.txt", "con", "aux.txt", "a.txt:stream", "C:/secret.txt", "a" * 5000, "a.txt/"),
        *("sub/nul", "\ud800"),
    ],
)
def test_nothing_outside_of_the_folder_is_reached(folder: Path, path: str) -> None:
    if path == "a.txt/":
        assert serve(Request.build(), path, folder).status == 200  # the slash means nothing
        return
    with pytest.raises(NotFound):
        serve(Request.build(), path, folder, show_indexes=True)


def test_a_link_that_leads_out_is_not_followed(folder: Path) -> None:
    (folder / "out.txt").symlink_to(folder.parent / "secret.txt")
    (folder / "old").symlink_to(folder.parent / "media-old")
    (folder / "in.txt").symlink_to(folder / "a.txt")
    for path in ("out.txt", "old/c.txt"):
        with pytest.raises(NotFound):
            serve(Request.build(), path, folder)
    assert serve(Request.build(), "in.txt", folder).status == 200


def test_folders_are_listed_only_if_that_is_wanted(folder: Path) -> None:
    with pytest.raises(NotFound, match="not allowed"):
        serve(Request.build(), "", folder)
    body = serve(Request.build(), "", folder, show_indexes=True).body
    assert isinstance(body, bytes)
    assert b'<a href="./a.txt">a.txt</a>' in body
    assert b'<a href="./sub/">sub/</a>' in body
    assert b".hidden" not in body
    assert b'href="./javascript%3Aalert%281%29"' in body
    assert b"../" not in body
    assert b'<a href="../">' in serve(Request.build(), "sub/", folder, show_indexes=True).body  # type: ignore[operator]


def test_the_links_of_a_list_lead_into_its_folder(folder: Path) -> None:
    (folder / "sub" / "two words").mkdir()
    (folder / "sub" / "two words" / "c#.txt").write_text("found")
    with application(urls=files_in_debug("media/", folder, True), debug=True, default_apps=("partita.http",)) as app:
        client = Client(app)
        for asked, to in (("/media/sub", "/media/sub/"), ("/media/sub/two%20words", "/media/sub/two%20words/")):
            answer = client.get(asked)
            assert (answer.status, urljoin(asked, answer.headers["location"])) == (302, to)
        link = client.get("/media/sub/two%20words/").text.rpartition('href="')[2].partition('"')[0]
        assert client.get(urljoin("/media/sub/two%20words/", link)).content == b"found"
        client.close()


def test_names_cannot_write_into_the_page(tmp_path: Path) -> None:
    (tmp_path / '<img src=x onerror="1">').write_text("")
    body = directory_index("<b>", tmp_path).body
    assert isinstance(body, bytes)
    assert b"<img" not in body
    assert b"<b>" not in body


@pytest.mark.parametrize("debug", [True, False])
def test_the_route_for_development_is_there_in_debug_only(folder: Path, debug: bool) -> None:
    urls = files_in_debug("media/", folder, show_indexes=True)
    with application(urls=urls, debug=debug, default_apps=("partita.http",)), Client() as client:
        assert [client.get(path).status for path in ("/media/a.txt", "/media/", "/media/x")] == (
            [200, 200, 404] if debug else [404, 404, 404]
        )


def test_dates_that_are_none_count_as_changed() -> None:
    assert was_modified_since("Thu, 01 Jan 1970 00:01:40 GMT", 101.5)
    assert not was_modified_since("Thu, 01 Jan 1970 00:01:40 GMT", 100.5)
    assert was_modified_since("yesterday", 0)
    assert was_modified_since()


@pytest.mark.skipif(os.name != "posix", reason="devices are files on POSIX only")
def test_what_is_no_regular_file_is_not_there(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(NotFound):
        serve(Request.build(), "pipe", folder)


def test_an_application_may_have_a_template_for_the_list(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "templates" / "static"
    own.mkdir(parents=True)
    (own / "directory_index.html").write_text("{{ request.path }} {{ directory }} {{ file_list|join:',' }}")
    urls = files_in_debug("media/", folder, show_indexes=True)
    apps = ("partita.http", "partita.urls", "partita.templates")
    settings: dict[str, Any] = {"default_apps": apps, "debug": True, "templates": {"dirs": (str(own.parent),)}}
    with application(urls=urls, **settings), Client() as client:
        assert client.get("/media/").text == "/media/ ./ a.txt,javascript:alert(1),sub/"
        answer = client.get("/media/sub/")
        assert answer.text == "/media/sub/ sub/ b.html"
        assert dict(answer.context or {})["file_list"] == ["b.html"]
        (own / "directory_index.html").write_text("{% include 'lost.html' %}")
    with application(urls=urls, **settings), Client(raise_exceptions=False) as client:
        assert client.get("/media/").status == 500  # what its template lacks is not hidden


def test_files_elsewhere_have_no_route_and_all_paths_are_no_prefix(folder: Path) -> None:
    assert files_in_debug("https://cdn.test/media/", folder) == []
    assert files_in_debug("//cdn.test/", folder) == []
    for prefix in ("", "/", "//"):
        with pytest.raises(ImproperlyConfigured, match="empty prefix"):
            files_in_debug(prefix, folder)
