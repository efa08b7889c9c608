"""Lists: columns, search, filters, order, pages, number of queries."""

import re
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from partita.admin import OptionsError
from partita.admin.columns import make_column


def _titles(shop: SimpleNamespace, query: str = "") -> list[str]:
    html = shop.client.get(f"/admin/music/album/{query}").text
    return re.findall(r'<th scope="row"><a href="[^"]+">([^<]*)</a></th>', html)


def test_a_list_shows_fields_relations_choices_properties_and_methods(shop: SimpleNamespace) -> None:
    html = shop.client.get("/admin/music/album/").text
    assert _titles(shop) == ["&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;", "Arrival", "Odelay"]
    for text in ("ABBA", "On the shelf", "To be ordered", "4.50", "ARRIVAL", "First letter", "Yes", "No"):
        assert text in html, text
    assert f'href="/admin/music/album/{shop.odelay.pk}/change/"' in html


def test_nothing_stored_reaches_a_page_unescaped(shop: SimpleNamespace) -> None:
    for path in ("", "?q=script", f"{shop.evil.pk}/change/", f"{shop.evil.pk}/delete/", "?q=<script>alert(1)</script>",
                 '?o=<script>&p=<script>&artist="><script>&state=<script>'):  # fmt: skip
        html = shop.client.get(f"/admin/music/album/{path}").text
        assert "<script" not in html, path
    assert "s3cret" not in shop.client.get(f"/admin/music/album/{shop.evil.pk}/change/").text


def test_cve_2020_13596_a_query_is_escaped_wherever_it_comes_back(shop: SimpleNamespace) -> None:
    html = shop.client.get("/admin/music/album/", {"q": '"><img src=x onerror=alert(1)>', "artist": "'\"><b>"}).text
    assert "<img" not in html
    assert "<b>" not in html


def test_a_stored_javascript_url_is_no_link(shop: SimpleNamespace) -> None:
    html = shop.client.get("/admin/music/album/").text
    assert 'href="https://abba.test/"' in html
    assert 'href="javascript' not in html
    assert "javascript:alert(1)" in html


@pytest.mark.parametrize(
    ("text", "found"),
    [("arr", ["Arrival"]), ("ABBA", ["Arrival", "Odelay"]), ("abba ode", ["Odelay"]), ("abb", ["Odelay"]),
     ("nothing", []), ("%", []), ("'", []), ("odelay beck", ["Odelay"]), ('"arr ival"', [])],
)  # fmt: skip
def test_each_word_of_a_search_must_be_found_in_some_field(shop: SimpleNamespace, text: str, found: list[str]) -> None:
    # "ABBA" is the whole name of Arrival's artist (=) and part of the name of a guest on Odelay.
    assert [title for title in _titles(shop, f"?q={text.replace('%', '%25')}") if title[0] != "&"] == found


def test_a_search_through_a_relation_to_many_lists_each_object_once(shop: SimpleNamespace) -> None:
    shop.odelay.guests.add(shop.Artist.objects.create(name="Abbey"))
    assert _titles(shop, "?q=abb") == ["Odelay"]


def test_a_search_without_a_hit_says_so(shop: SimpleNamespace) -> None:
    html = shop.client.get("/admin/music/album/?q=zzz").text
    assert "Nothing matches" in html
    assert "Show all" in html


@pytest.mark.parametrize(
    ("query", "found"),
    [("state=order", 1), ("state=shelf", 2), ("state=nonsense", 3), ("is_live=1", 1), ("is_live=0", 2), ("is_live=2", 3),
     ("cost=low", 1), ("cost=high", 3), ("artist=abc", 0), ("artist=99999999999999999999", 0), ("artist__name=ABBA", 3),
     ("secret=x", 3), ("artist__albums__title__startswith=A", 3), ("state=shelf&cost=low", 1)],
)  # fmt: skip
def test_filters_keep_what_matches_and_only_declared_ones_count(shop: SimpleNamespace, query: str, found: int) -> None:
    assert len(_titles(shop, f"?{query}")) == found


def test_a_filter_by_relation_offers_the_objects(shop: SimpleNamespace) -> None:
    assert _titles(shop, f"?artist={shop.abba.pk}") == ["Arrival"]
    html = shop.client.get(f"/admin/music/album/?artist={shop.abba.pk}").text
    assert f'<option value="{shop.abba.pk}" selected>ABBA</option>' in html


def test_a_filter_by_date_knows_today_and_the_past_days(shop: SimpleNamespace) -> None:
    today = datetime.now(UTC).date()
    shop.Album.objects.filter(pk=shop.arrival.pk).update(released=today)
    shop.Album.objects.filter(pk=shop.odelay.pk).update(released=today - timedelta(days=3))
    shop.Album.objects.filter(pk=shop.evil.pk).update(released=date(1999, 1, 1))
    assert _titles(shop, "?released=today") == ["Arrival"]
    assert _titles(shop, "?released=week") == ["Arrival", "Odelay"]
    assert len(_titles(shop, "?released=tomorrow")) == 3
    review = shop.client.get("/admin/music/review/?written=today").text
    assert "Fine" in review


def test_a_click_on_a_head_sorts_and_another_one_turns_it_round(shop: SimpleNamespace) -> None:
    html = shop.client.get("/admin/music/album/?o=price&state=shelf").text
    assert 'aria-sort="ascending"' in html
    assert 'href="?o=-price&amp;state=shelf"' in html
    assert _titles(shop, "?o=price")[0] == "Arrival"
    assert _titles(shop, "?o=-price")[-1] == "Arrival"
    assert _titles(shop, "?o=artist")[0] == "Arrival"
    assert _titles(shop, "?o=initial") == _titles(shop, "?o=-title")


@pytest.mark.parametrize(
    "order", ["secret", "shout", "-", "--title", "artist__homepage__x", "title;drop", "pk", "guests"]
)
def test_an_order_that_no_head_offers_is_ignored(shop: SimpleNamespace, order: str) -> None:
    assert _titles(shop, f"?o={order}") == _titles(shop)


def test_a_long_list_has_pages(shop: SimpleNamespace) -> None:
    shop.Album.objects.bulk_create([shop.Album(title=f"Live {n:03}", artist=shop.abba) for n in range(100)])
    html = shop.client.get("/admin/music/album/?o=title").text
    assert "1–10 of 103" in html
    assert 'href="?o=title&amp;p=11"' in html
    seen = [title for number in range(1, 12) for title in _titles(shop, f"?o=artist&p={number}")]
    assert len(seen) == len(set(seen)) == 103
    assert "101–103 of 103" in shop.client.get("/admin/music/album/?p=99").text
    assert "1–10 of 103" in shop.client.get("/admin/music/album/?p=abc").text


def test_the_number_of_queries_does_not_grow_with_the_list(shop: SimpleNamespace) -> None:
    def queries() -> int:
        with shop.database.query_log() as log:
            assert shop.client.get("/admin/music/album/").status == 200
        return len(log)

    few = queries()
    for number in range(7):
        artist = shop.Artist.objects.create(name=f"Artist {number}")
        album = shop.Album.objects.create(title=f"Album {number}", artist=artist)
        album.guests.add(artist, shop.abba)
    assert queries() == few
    assert few <= 8


def test_an_empty_list_offers_to_add_the_first_object(make_shop: object, shop: SimpleNamespace) -> None:
    shop.Review.objects.all().delete()
    assert "No reviews yet" in shop.client.get("/admin/music/review/").text


def test_an_action_changes_the_selected_objects_and_tells(shop: SimpleNamespace) -> None:
    data = {"_action": "shelve", "_selected": [str(shop.odelay.pk)]}
    response = shop.client.post("/admin/music/album/?q=ode", data, follow=True)
    assert "1 albums shelved &lt;b&gt;" in response.text
    assert shop.Album.objects.get(pk=shop.odelay.pk).state == "shelf"
    assert "shelved" not in shop.client.get("/admin/music/album/").text


@pytest.mark.parametrize(
    ("data", "message"),
    [({"_action": "shelve"}, "Nothing was selected"), ({"_selected": "1"}, "Choose an action first"),
     ({"_action": "delete_model", "_selected": "1"}, "Choose an action first"),
     ({"_action": "shelve", "_selected": ["x", "999"]}, "0 albums")],
)  # fmt: skip
def test_an_action_needs_a_name_that_is_offered_and_objects(
    shop: SimpleNamespace, data: dict[str, object], message: str
) -> None:
    assert message in shop.client.post("/admin/music/album/", data, follow=True).text


def test_a_name_that_is_nowhere_is_a_mistake_with_a_message(shop: SimpleNamespace) -> None:
    with pytest.raises(OptionsError, match=r"AlbumAdmin\.list_display names 'nowhere', expected a field"):
        make_column(shop.site.get_model_admin(shop.Album), "nowhere")
