"""Which places of style sheets and scripts name other files, and which only look so."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.static.references import Reference, css_references, js_references


def css(text: str) -> list[str]:
    return [text[each.start : each.end] for each in css_references(text)]


def js(text: str) -> list[str]:
    return [text[each.start : each.end] for each in js_references(text)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a { background: url(img/a.png) }", ["img/a.png"]),
        ("a { background: URL( 'a b.png' ), url(\"c.png\") }", ["a b.png", "c.png"]),
        ("@import 'a.css'; @import url(b.css) screen; @import url('c.css');", ["a.css", "b.css", "c.css"]),
        ('@import "a.css" layer(x) supports(display: grid);', ["a.css"]),
        ("@font-face { src: url(f.eot?#iefix) format('x'), url('f.woff2') }", ["f.eot?#iefix", "f.woff2"]),
        ("a { content: 'url(no.png)' } b { content: \"@import 'no.css'\" }", []),
        ("/* url(no.png) @import 'no.css' */ a { background: url(yes.png) }", ["yes.png"]),
        ("a { content: 'it\\'s url(no.png)' } b { background: url(yes.png) }", ["yes.png"]),
        ("a { background: url() }", [""]),
        ("a {} /*# sourceMappingURL=site.css.map */", ["site.css.map"]),
        ("a {} /* no sourceMappingURL=site.css.map */", []),
        (".my-url(x) {} @imports 'no'; @media { a { src: url(a) } }", ["a"]),
        ("/* never ends url(no.png)", []),
        ("a { background: url('never ends", ["never ends"]),
    ],
)
def test_style_sheets(text: str, found: list[str]) -> None:
    assert css(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("import './a.js'; import b from \"./b.js\"; import {c as d} from './c.js'", ["./a.js", "./b.js", "./c.js"]),
        ("export * from './a.js'; export {b} from'./b.js';", ["./a.js", "./b.js"]),
        ("import d,*as e from './e.js'", ["./e.js"]),
        ("const x = await import('./lazy.js'); import ( /* why */ './two.js' )", ["./lazy.js", "./two.js"]),
        ("import x from './x.json' with {type: 'json'}", ["./x.json"]),
        ("// import './no.js'\n/* import './no.js' */ import './yes.js'", ["./yes.js"]),
        ("const s = \"import './no.js'\"; const t = `import './no.js'`;", []),
        ("const t = `${f(`x${import('./in.js')}`)} import './no.js'`; import './yes.js'", ["./in.js", "./yes.js"]),
        ("const t = `${ {a: {b: 1}} }'`; import './yes.js'", ["./yes.js"]),
        ("const r = /['\"`]/g; import './yes.js'", ["./yes.js"]),
        ("const r = a / b; const s = /[/']/; import './yes.js'", ["./yes.js"]),
        ("x.from('./no.js'); Array.from('no'); a.import('./no.js')", []),
        ("import.meta.url; console.log('./no.js')", []),
        ("import(name); import(`./no.js`)", []),
        ("let a = 1;\n//# sourceMappingURL=app.js.map", ["app.js.map"]),
        ("let a = 'it\\'s'; import './yes.js'", ["./yes.js"]),
        ("let broken = 'no end\nimport './yes.js'", ["./yes.js"]),
        ("return /x'/.test(y); import './yes.js'", ["./yes.js"]),
    ],
)
def test_scripts(text: str, found: list[str]) -> None:
    assert js(text) == found


def test_source_maps_are_told_from_the_rest() -> None:
    assert [each.is_map for each in js_references("import './a.js'\n//# sourceMappingURL=a.map")] == [False, True]
    assert list(css_references("/*# sourceMappingURL=a */")) == [Reference(21, 22, is_map=True)]


pieces = st.lists(
    st.sampled_from(["url(", ")", "'", '"', "/*", "*/", "\\", "`", "${", "}", "/", "[", "import ", "from ", "a", "\n", "//"])
    | st.text(max_size=3)
)  # fmt: skip


@given(pieces)
def test_whatever_the_text_references_lie_inside_of_it_one_after_another(parts: list[str]) -> None:
    text = "".join(parts)
    for read in (css_references, js_references):
        at = 0
        for reference in read(text):
            assert at <= reference.start <= reference.end <= len(text)
            at = reference.end


@pytest.mark.parametrize(
    "piece", ["/*", "url(", "'", '"', "\\", "url('", "@import ", "@import'", "a", "url( ", "-url("]
)
def test_reading_style_sheets_is_linear(piece: str) -> None:
    assert _is_linear(lambda text: sum(1 for _ in css_references(text)), piece)


@pytest.mark.parametrize(
    "piece", ["/*", "//", "'", '"', "`", "${", "`${", "/", "[/", "import'", "from", "{", "}", "a=/"]
)
def test_reading_scripts_is_linear(piece: str) -> None:
    assert _is_linear(lambda text: sum(1 for _ in js_references(text)), piece)


def _is_linear(read: Callable[[str], object], piece: str) -> bool:
    def cost(text: str) -> float:
        return least_seconds(lambda: read(text), attempts=3)

    small, large = piece * (10_000 // len(piece)), piece * (80_000 // len(piece))
    # Eight times the text; quadratic cost would be sixty-four times as much.
    return any(cost(large) < 24 * cost(small) + 0.01 for _ in range(3))
