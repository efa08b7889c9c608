"""Scripts and style sheets of widgets and forms: each once, in an order that suits all."""

import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.current import CURRENT
from partita.contracts.key import Name
from partita.contracts.static import ASSET_URL
from partita.forms import (
    CharField,
    DateField,
    Form,
    Media,
    MediaOrderConflictWarning,
    MultiWidget,
    Script,
    Stylesheet,
    TextInput,
)
from partita.forms.media import merge


class Calendar(TextInput):
    class Media:
        css = {"all": ["cal/cal.css"], "print": ["cal/print.css"]}
        js = ["lib/dates.js", "cal/cal.js"]


class Fancy(Calendar):
    class Media:
        js = [Script("cal/fancy.js", defer=True, type="module")]


class Alone(Calendar):
    class Media:
        extend = False
        js = ["alone.js"]


class OnlyStyles(Calendar):
    class Media:
        extend = ["css"]
        js = ["own.js"]


class Concert(Form):
    day = DateField(widget=Calendar)
    until = DateField(widget=Fancy)
    name = CharField()

    class Media:
        js = ["concert.js", "cal/cal.js"]


def test_a_widget_and_its_bases_need_their_files() -> None:
    assert Calendar().media.js == ["lib/dates.js", "cal/cal.js"]
    fancy = Fancy().media.js
    assert set(fancy) == {"lib/dates.js", "cal/cal.js", Script("cal/fancy.js", defer=True, type="module")}
    assert fancy.index("lib/dates.js") < fancy.index("cal/cal.js")
    assert Alone().media.js == ["alone.js"]
    assert Alone().media.css == {}
    assert OnlyStyles().media.js == ["own.js"]
    assert OnlyStyles().media.css == {"all": ["cal/cal.css"], "print": ["cal/print.css"]}
    assert not TextInput().media


def test_a_form_needs_what_its_widgets_need_and_its_own_each_once() -> None:
    media = Concert().media
    assert sorted(map(str, media.js)) == sorted(
        map(str, ["lib/dates.js", "concert.js", "cal/cal.js", Script("cal/fancy.js", defer=True, type="module")])
    )
    places = [str(one) for one in media.js]
    assert places.index("lib/dates.js") < places.index("cal/cal.js")
    assert places.index("concert.js") < places.index("cal/cal.js")
    assert media.css == {"all": ["cal/cal.css"], "print": ["cal/print.css"]}


def test_media_are_written_as_elements_style_sheets_first() -> None:
    media = Media(css={"print": ["p.css"], "all": ["/a&b.css", Stylesheet("s.css", media="screen")]}, js=["https://x.org/j.js", Script("m.js", **{"async": True, "data-x": '"'})])  # fmt: skip
    assert str(media) == "\n".join([
        '<link href="/a&amp;b.css" rel="stylesheet" media="all">',
        '<link href="/static/s.css" rel="stylesheet" media="screen">',
        '<link href="/static/p.css" rel="stylesheet" media="print">',
        '<script src="https://x.org/j.js"></script>',
        '<script src="/static/m.js" async data-x="&#34;"></script>',
    ])  # fmt: skip
    assert str(media["js"]) == "\n".join(str(media).split("\n")[3:])
    assert media.render({"nonce": "n1"}).count('nonce="n1"') == 5
    with pytest.raises(KeyError, match="no kind of media"):
        media["html"]


def test_urls_of_files_come_from_the_application() -> None:
    class App:
        def find(self, key: Name[Any]) -> Any:
            return (lambda path: f"https://cdn.org/{path}?v=1") if key is ASSET_URL else None

        require = all = find

    token = CURRENT.set(App())
    try:
        assert str(Media(js=["a.js", "/b.js"])) == (
            '<script src="https://cdn.org/a.js?v=1"></script>\n<script src="/b.js"></script>'
        )
    finally:
        CURRENT.reset(token)


def test_scripts_are_equal_by_file_and_attributes() -> None:
    assert Script("a.js", defer=True) == Script("a.js", defer=True)
    assert Script("a.js") != Script("a.js", defer=True)
    assert Script("a.js") == "a.js"
    assert Script("a.js") != Stylesheet("a.js")
    assert len({Script("a.js"), Script("a.js"), Script("a.js", x="1")}) == 2
    assert (Media(js=[Script("a.js")]) + Media(js=["a.js"])).js == [Script("a.js")]
    assert repr(Script("a.js", defer=True)) == "Script('a.js', defer=True)"


def test_anything_with_html_is_an_asset() -> None:
    class Inline:
        def __html__(self) -> str:
            return "<script>go()</script>"

    assert str(Media(js=[Inline()])) == "<script>go()</script>"


def test_opposite_orders_are_warned_about_and_nothing_is_lost() -> None:
    media = Media(js=["a.js", "b.js"]) + Media(js=["b.js", "a.js"])
    with pytest.warns(MediaOrderConflictWarning, match=r"'a\.js'.*'b\.js'|'b\.js'.*'a\.js'"):
        assert media.js == ["a.js", "b.js"]


def test_several_controls_and_sets_of_them_need_all_files() -> None:
    class Range(MultiWidget):
        def decompress(self, value: object) -> list[object]:
            return [None, None]

    assert Range((Calendar, Alone)).media.js == ["lib/dates.js", "alone.js", "cal/cal.js"]


def test_media_can_be_computed() -> None:
    class Computed(TextInput):
        @property
        def media(self) -> Media:
            return Media(js=[f"{self.attrs['lang']}.js"])

    class Below(Computed):
        class Media:
            js = ["below.js"]

    assert Below({"lang": "de"}).media.js == ["de.js", "below.js"]


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=4, unique=True), max_size=5))
def test_merging_keeps_each_file_once_and_every_order_if_that_can_be(lists: list[list[str]]) -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        merged = merge(lists)
    assert sorted(map(str, merged)) == sorted({one for several in lists for one in several})
    if not caught:
        for several in lists:
            assert [one for one in merged if one in several] == several
