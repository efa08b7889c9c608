import asyncio
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Forbidden, Request, Response
from partita.http.drafts import HttpRequest
from partita.testing import Client, application
from partita.urls import path, reverse
from partita.views.signed_urls import sign_url, signed_url_required, verify_url

KEYS = ["the newest", "an older one"]


def check(url: str, now: float = 0.0, keys: list[str] = KEYS, root_path: str = "") -> None:
    verify_url(Request.build("GET", url, root_path=root_path), keys=keys, clock=lambda: now)


def test_a_signed_address_works_until_it_ends() -> None:
    url = sign_url("/files/7/?size=big", 60, keys=KEYS, clock=lambda: 0.0)
    assert url.startswith("/files/7/?size=big&expires=60&signature=")
    check(url, 59)
    with pytest.raises(Forbidden, match="expired"):
        check(url, 60)
    check(sign_url("/files/7/", keys=KEYS), 10**12)
    check(sign_url("https://example.com/files/7/#top", timedelta(hours=1), keys=KEYS, clock=lambda: 0.0).partition("com")[2].partition("#")[0])  # fmt: skip


@pytest.mark.parametrize("at", range(0, 90, 3))
def test_an_altered_address_is_refused(at: int) -> None:
    url = sign_url("/files/7/?size=big&name=a%26b", 60, keys=KEYS, clock=lambda: 0.0)
    if at >= len(url) or url[at] in "/?":
        return
    altered = url[:at] + ("x" if url[at] != "x" else "y") + url[at + 1 :]
    with pytest.raises(Forbidden):
        check(altered)


@pytest.mark.parametrize(
    "change",
    [
        lambda url: url.partition("?")[0],
        lambda url: url + "&admin=1",
        lambda url: url.replace("?", "?admin=1&"),
        lambda url: url.replace("&expires=60", ""),
        lambda url: url.replace("expires=60", "expires=6000"),
        lambda url: url.replace("%26", "&"),
        lambda url: url.partition("&signature=")[0],
        lambda url: url.partition("&signature=")[0] + "&signature=",
        lambda url: url + "&signature=" + "x" * 5000,
        lambda url: url.replace("/7/", "/8/"),
    ],
)
def test_nothing_can_be_left_out_added_or_put_elsewhere(change: object) -> None:
    url = sign_url("/files/7/?name=a%26b", 60, keys=KEYS, clock=lambda: 0.0)
    assert callable(change)
    with pytest.raises(Forbidden, match="not valid"):
        check(change(url))


def test_old_keys_still_count_and_other_keys_do_not() -> None:
    check(sign_url("/a", keys=KEYS[1:]))
    with pytest.raises(Forbidden):
        check(sign_url("/a", keys=["another"]))


def test_an_address_is_signed_once() -> None:
    with pytest.raises(ValueError, match="called signature or expires"):
        sign_url(sign_url("/a", keys=KEYS), keys=KEYS)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30), st.text(max_size=30))
def test_any_path_and_query_can_be_signed_and_any_query_is_refused_without(text: str, query: str) -> None:
    from urllib.parse import quote

    url = sign_url(f"/{quote(text)}?{quote(query, safe='=&')}", keys=KEYS) if "signature" not in query and "expires" not in query else sign_url("/", keys=KEYS)  # fmt: skip
    check(url)
    with pytest.raises(Forbidden):
        check(f"/{quote(text)}?{quote(query, safe='=&')}")


@signed_url_required
async def download(request: Request, pk: int) -> Response:
    """Answer."""
    return Response.text(f"file {pk}")


@signed_url_required
def download_draft(request: HttpRequest, pk: int) -> Response:
    """Answer."""
    return Response.text(f"draft {pk}")


download_draft.takes_draft = True  # type: ignore[attr-defined]  # asked for by the application


def test_views_answer_signed_addresses_only() -> None:
    urls = [path("files/<int:pk>/", download, name="file"), path("drafts/<int:pk>/", download_draft, name="draft")]
    with application(urls=urls, default_apps=("partita.http", "partita.urls", "partita.signing")), Client() as client:
        for name, said in (("file", "file 7"), ("draft", "draft 7")):
            url = reverse(name, pk=7)
            assert client.get(url).status == 403
            assert client.get(sign_url(url, 60)).text == said
            assert client.get(sign_url(url, -1)).status == 403
            assert client.get(sign_url(url, 60).replace("/7/", "/8/")).status == 403


def test_the_place_where_an_application_is_mounted_is_signed_too() -> None:
    url = sign_url("/shop/files/", keys=KEYS)
    check(url.removeprefix("/shop"), root_path="/shop")
    with pytest.raises(Forbidden):
        check(url.removeprefix("/shop"), root_path="/other")


def test_it_is_no_coroutine_that_nobody_awaits() -> None:
    assert asyncio.iscoroutinefunction(download)
    assert not asyncio.iscoroutinefunction(download_draft)
