"""What a visitor sees: every page, search, filter, paging, both languages."""

import pytest

from partita.testing import Client

PAGES = [
    "/",
    "/artists/",
    "/artists/90/",
    "/albums/",
    "/albums/141/",
    "/tracks/",
    "/cart/",
    "/account/login/",
    "/account/signup/",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_with_a_title_and_a_heading(client: Client, path: str) -> None:
    page = client.get(path)
    assert page.status == 200
    assert page.text.count("<h1") == 1
    assert "<title>" in page.text


def test_an_album_shows_its_artist_and_all_its_tracks(client: Client) -> None:
    page = client.get("/albums/141/").text
    assert "Greatest Hits" in page
    assert page.count('name="track"') == 57


def test_the_search_finds_by_track_album_artist_and_composer(client: Client) -> None:
    assert (
        "3 tracks found" in client.get("/tracks/?q=let+there+be+rock").text
        or "found" in client.get("/tracks/?q=rock").text
    )
    for text, expected in [
        ("God Of Thunder", "Greatest Kiss"),
        ("Kirk Hammett", "Metallica"),
        ("Nevermind", "Nirvana"),
    ]:
        assert expected in client.get("/tracks/", query={"q": text}).text


def test_the_search_and_the_genre_narrow_the_list_together(client: Client) -> None:
    def found(**query: str) -> int:
        return int(client.get("/api/tracks/", query=query).json(dict)["count"])

    assert found() == 3503
    assert found(genre="1") == 1297
    assert 0 < found(q="love", genre="1") < found(q="love")
    assert found(q="no such thing at all") == 0


def test_an_empty_search_says_so(client: Client) -> None:
    page = client.get("/tracks/?q=zzzzzz").text
    assert "0 tracks found" in page
    assert "Nothing found" in page


def test_pages_follow_one_another_and_keep_the_search(client: Client) -> None:
    first = client.get("/tracks/?q=a&genre=1").text
    assert "Page 1 of" in first
    assert "page=2" in first
    assert "genre=1" in first.split('rel="next"')[1].split(">")[0]
    second = client.get("/tracks/?q=a&genre=1&page=2").text
    assert "Page 2 of" in second
    assert second != first


def test_tracks_can_be_sorted(client: Client) -> None:
    longest = client.get("/api/tracks/?sort=longest").json(dict)["results"]
    assert [track["milliseconds"] for track in longest] == sorted((t["milliseconds"] for t in longest), reverse=True)
    by_name = client.get("/api/tracks/?sort=name").json(dict)["results"]
    assert [track["name"] for track in by_name] == sorted(track["name"] for track in by_name)


def test_the_api_answers_with_what_it_says(client: Client) -> None:
    answer = client.get("/api/tracks/?q=God+Of+Thunder")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json(dict)["count"] == 1
    track = answer.json(dict)["results"][0]
    assert (track["name"], track["artist"], track["genre"], track["unit_price"]) == (
        "God Of Thunder",
        "Kiss",
        "Rock",
        "0.99",
    )


def test_the_language_follows_the_browser_and_then_the_visitors_choice(client: Client) -> None:
    assert "Just in" in client.get("/").text
    german = client.get("/", headers={"accept-language": "de-AT,de;q=0.9,en;q=0.5"}).text
    assert "Gerade eingetroffen" in german
    assert '<html lang="de">' in german
    chosen = client.post("/language/", data={"language": "de", "next": "/tracks/"})
    assert chosen.status == 302
    assert chosen.headers["location"] == "/tracks/"
    page = client.get("/tracks/").text
    assert "3503 Titel gefunden" in page
    assert "0,99\xa0$" in page


def test_labels_choices_and_mistakes_are_in_the_language(client: Client) -> None:
    german = {"accept-language": "de"}
    page = client.get("/tracks/", headers=german).text
    assert '<option value="longest">Längste zuerst</option>' in page
    assert "Alle Genres" in page
    mistakes = client.post("/account/signup/", data={"email": "nobody"}, headers=german).text
    assert "Dieses Feld ist erforderlich." in mistakes
    assert "Geben Sie eine gültige E-Mail-Adresse ein." in mistakes
    assert "Enter a valid" not in mistakes


def test_a_language_that_is_not_there_and_a_foreign_address_are_refused(client: Client) -> None:
    answer = client.post("/language/", data={"language": "xx", "next": "/"})
    assert (answer.status, answer.headers.get("set-cookie")) == (302, None)
    for target in ("https://evil.example/", "//evil.example/", "/\\evil.example"):
        answer = client.post("/language/", data={"language": "de", "next": target})
        assert answer.headers["location"] == "/"


def test_a_page_asks_the_database_a_bounded_number_of_times(client: Client) -> None:
    from partita.contracts import current
    from partita.orm import DATABASES

    database = current.require(DATABASES)["default"]
    with database.query_log() as log:
        client.get("/albums/")  # 24 albums, whose artists the template asks for one by one
    assert len(log) <= 4
