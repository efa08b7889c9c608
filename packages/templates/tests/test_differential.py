"""Random templates and contexts, rendered by Django and by partita: the same text, or both refuse.

Where the two differ on purpose, the strategies leave the case out:

* ``center`` puts an odd space to the right, as Django does since 6.1; the Django installed here may be older.
* An operator of ``{% if %}`` hides only errors of comparing in partita; Django's hides whatever its operands raise. So operands
  here raise nothing but `VariableDoesNotExist`.
* Where Django's filters fail on values that they are not made for, partita's may show something (``phone2numeric`` of an object).
* ``truncatewords_html`` and its like: for text that is no HTML (a lone ampersand, the ``repr`` of a list) partita.text has rules of its own.
* ``random``, ``now``, ``lorem random``: chance and time.
* The ``repr`` of safe text is ``Markup('x')``, which Django's hides: lists and mappings that may be shown as they are hold plain
  text here, and ``pprint`` and ``stringformat:"r"`` stand in `test_parity`; what filters put into lists is made equal.
* Dates: Django's tests of them stand in `test_parity`; formats belong to partita.text.
"""

import re
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import django
import django.template
import pytest
from django.conf import settings
from django.utils.functional import lazystr as django_lazy
from django.utils.safestring import mark_safe as django_safe
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from markupsafe import Markup

from partita.contracts.i18n import gettext_lazy
from partita.templates import Engine
from partita.text.formats import ZONE

if not settings.configured:
    settings.configure(USE_I18N=False, USE_TZ=False, TIME_ZONE="UTC")
    django.setup()

TEXTS = [
    "",
    "abc",
    "A b&c <i>x</i>",
    'it\'s "q"',
    "one two  three",
    "ü-ß 'ok'",
    "1",
    "12.50",
    "a\nb\n\nc",
    "<p>a <b>b</b></p>",
    "x y z",
]


class Person:
    def __init__(self, name: str, age: int) -> None:
        self.name, self.age = name, age

    def greet(self) -> str:
        return f"hi <{self.name}>"

    def __str__(self) -> str:
        return f"Person {self.name}"


class Kind:
    """A value in the shape of each engine."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind, self.text = kind, text

    def __repr__(self) -> str:
        return f"{self.kind}({self.text!r})"


def for_django(value: Any) -> Any:
    if isinstance(value, Kind):
        return django_safe(value.text) if value.kind == "safe" else django_lazy(value.text)
    return _inside(value, for_django)


def for_partita(value: Any) -> Any:
    if isinstance(value, Kind):
        return Markup(value.text) if value.kind == "safe" else gettext_lazy(value.text)
    return _inside(value, for_partita)


def _inside(value: Any, convert: Any) -> Any:
    if isinstance(value, list):
        return [convert(each) for each in value]
    if isinstance(value, dict):
        return {key: convert(each) for key, each in value.items()}
    return value


plain = (
    st.sampled_from(TEXTS)
    | st.integers(-20, 2000)
    | st.sampled_from([1.5, 0.0, -2.25, 34.0])
    | st.booleans()
    | st.none()
)
special = st.builds(Kind, st.sampled_from(["safe", "lazy"]), st.sampled_from([text for text in TEXTS if text]))
values = plain | special
people = st.builds(Person, st.sampled_from(["Ann", "B & C"]), st.integers(1, 5))
contexts = st.fixed_dictionaries(
    {},
    optional={
        "a": values,
        "b": values,
        "t": st.sampled_from(TEXTS),
        "xs": st.lists(plain, max_size=4),
        "ss": st.lists(values, max_size=4),
        "ns": st.lists(st.integers(0, 3), max_size=5),
        "rows": st.lists(st.fixed_dictionaries({"k": st.integers(0, 3), "v": plain}), max_size=3),
        "pairs": st.lists(st.tuples(st.sampled_from("pq"), st.integers(0, 3)), max_size=3),
        "d": st.dictionaries(st.sampled_from(["k", "v", "items", "0"]), plain, max_size=3),
        "p": people,
        "people": st.lists(people, max_size=3),
    },
)

NAMES = ["a", "b", "t", "xs", "ns", "rows", "d", "p", "people", "missing", "x", "y", "d.k", "d.items", "d.0", "xs.0", "xs.1", "p.name",
         "p.greet", "p.none.deeper", "rows.0.v", "forloop.counter", "forloop.last", "forloop.parentloop.counter0", "t.upper", "a.b"]  # fmt: skip
LITERALS = ["'lit'", '"<b>&"', "''", "5", "-3", "2.5", "True", "None", "'a b'"]
WITHOUT = ["lower", "upper", "capfirst", "title", "escape", "force_escape", "safe", "length", "first", "last", "linebreaks", "linebreaksbr",
           "striptags", "slugify", "urlencode", "iriencode", "wordcount", "addslashes", "escapejs", "make_list", "linenumbers",
           "yesno", "pluralize", "floatformat", "filesizeformat", "phone2numeric", "unordered_list",
           "urlize", "json_script", "stringformat:'s'"]  # fmt: skip
WITH = {
    "default": ["'d'", "a", "b", "'<'"],
    "default_if_none": ["'d'", "b"],
    "add": ["1", "'x'", "a", "xs"],
    "cut": ["' '", "'b'", "';'", "t"],
    "join": ["', '", "'<'", "b"],
    "slice": ["':2'", "'1:'", "'-1:'", "'::2'"],
    "truncatechars": ["3", "'5'", "100"],
    "truncatewords": ["1", "2"],
    "ljust": ["6", "'2'"],
    "rjust": ["6"],
    "wordwrap": ["4"],
    "divisibleby": ["2"],
    "get_digit": ["1", "2"],
    "dictsort": ["'k'", "'v.x'"],
    "dictsortreversed": ["'k'"],
    "yesno": ["'y,n'", "'y,n,m'", "'y'"],
    "pluralize": ["'es'", "'y,ies'"],
    "floatformat": ["2", "-2", "0", "'2g'"],
    "stringformat": ["'d'", "'05d'", "'.2f'"],
    "json_script": ["'id'"],
    "urlizetrunc": ["5"],
}
filters = st.sampled_from(WITHOUT) | st.sampled_from([f"{name}:{arg}" for name, args in WITH.items() for arg in args])
atoms = st.sampled_from(NAMES) | st.sampled_from(LITERALS)


@st.composite
def expressions(draw: st.DrawFn) -> str:
    return "|".join([draw(atoms), *draw(st.lists(filters, max_size=3))])


quiet = st.builds(
    lambda name, chain: "|".join([name, *chain]),
    atoms,
    st.lists(st.sampled_from(["length", "default:'d'", "lower", "yesno"]), max_size=1),
)
conditions = st.builds(
    lambda first, rest: " ".join([first, *(f"{operator} {operand}" for operator, operand in rest)]),
    quiet | quiet.map(lambda operand: f"not {operand}"),
    st.lists(
        st.tuples(
            st.sampled_from(["and", "or", "==", "!=", "<", ">=", "in", "not in", "is", "is not", "and not"]), quiet
        ),
        max_size=3,
    ),
)
texts = st.sampled_from(["-", " <b> </b> ", "{ x }", "&amp;", "\n", "ü", " "])
pieces = texts | expressions().map(lambda text: f"{{{{ {text} }}}}") | st.sampled_from(
    ["{# note #}", "{% templatetag openblock %}", "{% verbatim %}{{ a }}{% endverbatim %}", "{% comment %}{{ broken | }}{% endcomment %}"]
)  # fmt: skip


def _tags(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, min_size=1, max_size=3).map("".join)
    return st.one_of(
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, conditions, body, body),
        st.builds("{{% if {} %}}{}{{% elif {} %}}{}{{% endif %}}".format, conditions, body, conditions, body),
        st.builds("{{% for x in {} %}}{}{{% empty %}}{}{{% endfor %}}".format, st.sampled_from(["xs", "ss", "ss|join:b", "ns", "rows", "d", "t", "people", "missing", "xs|slice:':2'"]), body, body),
        st.builds("{{% for x, y in {} reversed %}}{}{{% endfor %}}".format, st.sampled_from(["pairs", "missing", "d.items"]), body),
        st.builds("{{% with y={} x=a %}}{}{{% endwith %}}".format, expressions(), body),
        st.builds("{{% autoescape {} %}}{}{{% endautoescape %}}".format, st.sampled_from(["on", "off"]), body),
        st.builds("{{% filter {} %}}{}{{% endfilter %}}".format, st.sampled_from(["upper", "force_escape", "lower|capfirst", "linebreaks", "cut:'b'"]), body),
        st.builds("{{% spaceless %}}{}{{% endspaceless %}}".format, body),
        st.builds("{{% firstof {} {} %}}".format, quiet, quiet),
        st.builds("{{% for x in ns %}}{{% cycle {} 'b' %}}{}{{% endfor %}}".format, atoms, body),
        st.builds("{{% for x in ns %}}{{% ifchanged x %}}{}{{% else %}}{}{{% endifchanged %}}{{% endfor %}}".format, body, body),
        st.builds("{{% for x in ns %}}{{% ifchanged %}}{}{{% endifchanged %}}{{% endfor %}}".format, body),
        st.builds("{{% regroup rows by k as y %}}{{% for x in y %}}{{{{ x.grouper }}}}{}{{% endfor %}}".format, body),
        st.builds("{{% widthratio {} 10 5 %}}".format, st.sampled_from(["a", "missing", "7", "t"])),
        st.builds("{{% include part with x={} %}}".format, expressions()),
        st.builds("{{% include 'part.html' with y={} %}}".format, expressions()),
        st.builds("{{% include 'part.html' only %}}".format),
    )  # fmt: skip


sources = st.lists(st.recursive(pieces, _tags, max_leaves=8), min_size=1, max_size=4).map("".join)
PART = "[{{ x }}{{ y|default:'-' }}{% for n in ns %}{{ n }}{{ forloop.counter }}{% endfor %}]"


@pytest.fixture(scope="module", autouse=True)
def utc() -> Iterator[None]:
    token = ZONE.set(ZoneInfo("UTC"))
    yield
    ZONE.reset(token)


SAFE_REPR = re.compile(r"Markup\((&#x27;|'|&quot;|\")(.*?)\1\)", re.IGNORECASE | re.DOTALL)
LOADERS = [("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {"part.html": PART})])]
THEIRS = {invalid: django.template.Engine(loaders=LOADERS, string_if_invalid=invalid) for invalid in ("", "?%s?")}


def in_django(source: str, names: dict[str, Any], invalid: str) -> str | None:
    engine = THEIRS[invalid]
    template = engine.from_string(source)
    try:
        return str(template.render(django.template.Context({**for_django(names), "part": engine.from_string(PART)})))
    except Exception:  # noqa: BLE001 - whatever it raises is compared with what partita raises
        return None


def in_partita(source: str, names: dict[str, Any], invalid: str, how: str) -> str | None:
    engine = Engine(templates={"part.html": PART}, string_if_invalid=invalid)
    template = engine.from_string(source)
    given = {**for_partita(names), "part": engine.from_string(PART)}
    try:
        shown = str(template.render(given)) if how == "whole" else "".join(template.stream(given))
        return SAFE_REPR.sub(r"\1\2\1", shown)
    except Exception:  # noqa: BLE001 - as above
        return None


@hypothesis_settings(max_examples=200, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(sources, contexts, st.sampled_from(["", "", "?%s?"]))
def test_a_random_template_renders_as_in_django(source: str, names: dict[str, Any], invalid: str) -> None:
    expected = in_django(source, names, invalid)
    if expected is None:
        return
    assert in_partita(source, names, invalid, "whole") == expected
    assert in_partita(source, names, invalid, "pieces") == expected
