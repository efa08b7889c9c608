"""Components fill their slots; layouts stand around what views give."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup, escape

from partita.http import Request, Response
from partita.testing import application
from partita.urls import path
from partita.views.components import Component, Slot, Slots, component, layout
from partita.views.errors import ViewConfigurationError


@component
def card(title: str, inner: Slot, footer: Slot = Slot()) -> Markup:
    end = Markup("<footer>{}</footer>").format(footer) if footer else ""
    return Markup("<section><h2>{}</h2>{}{}</section>").format(title, inner, end)


@component
def table(rows: list[int], column: Slot) -> Markup:
    return Markup("<table>{}</table>").format(
        Markup().join([Markup("<td>{}</td>").format(column(row)) for row in rows])
    )


@component
def shell(inner: Slot, title: str = "Shop", request: Request | None = None) -> Markup:
    where = "" if request is None else request.path
    return Markup("<title>{}</title><main id='{}'>{}</main>").format(title, where, inner)


@component
def two_columns(inner: Slot, sidebar: Slot) -> Markup:
    return Markup("<article>{}</article><aside>{}</aside>").format(inner, sidebar)


def test_the_content_of_a_slot_is_rendered_and_text_escaped() -> None:
    assert card("1 < 2", inner=["a & b", Markup("<hr>"), None, 3]) == (
        "<section><h2>1 &lt; 2</h2>a &amp; b<hr>3</section>"
    )


def test_a_slot_that_nobody_filled_is_false() -> None:
    assert "<footer>" not in card("A", inner="x")
    assert "<footer>" not in card("A", inner="x", footer="")
    assert "<footer>&copy;</footer>" in card("A", inner="x", footer=Markup("&copy;"))


def test_components_stand_within_components() -> None:
    assert card("A", inner=card("B", inner="x")) == ("<section><h2>A</h2><section><h2>B</h2>x</section></section>")


def test_a_slot_may_be_a_function_of_what_the_component_gives_it() -> None:
    assert table([1, 2], column=lambda row: Markup("<b>{}</b>").format(row * 10)) == (
        "<table><td><b>10</b></td><td><b>20</b></td></table>"
    )


def test_what_a_component_gives_as_text_is_escaped() -> None:
    @component
    def careless(name: str) -> str:
        return f"<b>{name}</b>"

    assert careless("<script>") == "&lt;b&gt;&lt;script&gt;&lt;/b&gt;"


def test_a_wrong_argument_is_an_error_that_names_it() -> None:
    with pytest.raises(TypeError, match="missing a required argument: 'inner'"):
        card("A")
    with pytest.raises(TypeError, match="fotter"):
        card("A", inner="x", fotter="y")


def test_contents_that_contain_themselves_are_an_error() -> None:
    contents: list[Any] = []
    contents.append(contents)
    with pytest.raises(ViewConfigurationError, match="more than 50 deep"):
        card("A", inner=contents)


@given(st.text())
def test_no_text_gets_out_of_its_slot_unescaped(text: str) -> None:
    assert card("A", inner=text) == f"<section><h2>A</h2>{escape(text)}</section>"


def ask(view: Any) -> Response:
    answered = view(Request.build("GET", "/albums/"))
    return answered if isinstance(answered, Response) else asyncio.run(answered)


def test_layouts_stand_around_what_a_view_gives() -> None:
    @layout(shell, two_columns, title="Albums")
    def albums(request: Request) -> Slots:
        return Slots(card("A", inner="x"), sidebar="a < b")

    response = ask(albums)
    assert response.content_type == "text/html; charset=utf-8"
    assert response.body == (
        b"<title>Albums</title><main id='/albums/'><article><section><h2>A</h2>x</section></article>"
        b"<aside>a &lt; b</aside></main>"
    )


def test_an_async_view_gives_markup_and_the_status() -> None:
    @layout(shell)
    async def missing(request: Request) -> Slots:
        await asyncio.sleep(0)
        return Slots("gone", status=404, title="No")

    response = ask(missing)
    assert (response.status, response.body) == (404, b"<title>No</title><main id='/albums/'>gone</main>")


def test_a_response_is_left_as_it_is() -> None:
    @layout(shell)
    def leave(request: Request) -> Response:
        return Response.redirect("/login/")

    assert ask(leave).headers["location"] == "/login/"


def test_a_slot_that_no_layout_has_is_an_error() -> None:
    @layout(shell)
    def albums(request: Request) -> Slots:
        return Slots("x", sidebar="y")

    with pytest.raises(ViewConfigurationError, match="No layout has a slot sidebar; there are inner, request, title"):
        ask(albums)


def test_a_template_is_a_layout_as_well(tmp_path: Any) -> None:
    (tmp_path / "base.html").write_text("<h1>{{ title }}</h1>{{ inner }}{{ sidebar }}")

    @layout("base.html", title="<Shop>")
    def albums(request: Request) -> Slots:
        return Slots(card("A", inner="x"), sidebar="a < b")

    with application(urls=[path("albums/", albums)], templates={"dirs": (str(tmp_path),)}) as app:
        response = asyncio.run(app.handle(Request.build("GET", "/albums/")))
    assert response.body == b"<h1>&lt;Shop&gt;</h1><section><h2>A</h2>x</section>a &lt; b"


def test_a_layout_that_is_none_is_refused() -> None:
    with pytest.raises(ViewConfigurationError, match="needs components"):
        layout(lambda inner: inner)  # type: ignore[arg-type]
    with pytest.raises(ViewConfigurationError, match="needs components"):
        layout()
    assert isinstance(card, Component)


@pytest.mark.parametrize(
    ("given", "told"), [(None, r"not NoneType \(is a `return` missing\?\)$"), ({"inner": "x"}, "not dict$")]
)
def test_a_view_that_gives_nothing_to_its_layout_is_an_error(given: Any, told: str) -> None:
    @layout(shell)
    def albums(request: Request) -> Any:
        return given

    @layout(shell)
    async def aalbums(request: Request) -> Any:
        return given

    for view in (albums, aalbums):
        with pytest.raises(
            ViewConfigurationError, match=rf"gives markup, Slots\(inner, sidebar=...\) or a response, {told}"
        ):
            ask(view)


def test_an_empty_slot_is_no_mistake() -> None:
    @layout(shell)
    def empty(request: Request) -> Slots:
        return Slots()

    assert ask(empty).body == b"<title>Shop</title><main id='/albums/'></main>"


def test_layouts_nest_with_the_first_outermost_and_give_a_view_its_values() -> None:
    @component
    def frame(inner: Slot, name: str) -> Markup:
        return Markup("<{}>{}</{}>").format(name, inner, name)

    @component
    def box(inner: Slot) -> Markup:
        return Markup("<i>{}</i>").format(inner)

    @layout(frame, box, name="p")
    def plain(request: Request) -> str:
        return "<"

    @layout(frame, box, name="p")
    def named(request: Request) -> Slots:
        return Slots(["a", Markup("<br>"), lambda: "b"], name="b")

    assert ask(plain).body == b"<p><i>&lt;</i></p>"
    assert ask(named).body == b"<b><i>a<br>b</i></b>"


def test_a_function_that_gives_contents_may_stand_wherever_contents_do() -> None:
    @component
    def box(inner: Slot) -> Markup:
        return Markup("<i>{}</i>").format(inner)

    assert box(inner=lambda: "<") == "<i>&lt;</i>"
    assert box(inner=lambda: ["a", lambda: lambda: Markup("<br>")]) == "<i>a<br></i>"
    assert box(inner=[box(inner="x"), lambda: box(inner="y")]) == "<i><i>x</i><i>y</i></i>"
    with pytest.raises(TypeError, match="missing a required argument: 'inner'"):
        box(inner=[box])  # a component that somebody forgot to call

    def again() -> Any:
        return again

    with pytest.raises(ViewConfigurationError, match="more than 50 deep"):
        box(inner=again)
