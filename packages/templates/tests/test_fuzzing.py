"""Whatever stands in a source, nothing but `TemplateSyntaxError` comes of reading it."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from partita.templates import Engine, TemplateNotFound, TemplateSyntaxError
from partita.templates.checking import check_templates

TAGS = sorted(name for library in Engine().builtins for name in library.tags)
FILTERS = sorted(name for library in Engine().builtins for name in library.filters)
WORDS = (
    "a", "a.b", "a.0", "'x'", '"y"', "_('z')", "1", "-1.5", "None", "as", "in", "with", "only", "by", "not", "and", "==", "|", ":", "=",
    "name=", "a=1", "a,b", "on", "off", "reversed", "'", '"', "_(", "'a.html'", "inline", "end", "\\", "é", "\x00", "..", "|upper", "|date:",
)  # fmt: skip
HTML = (
    "<a href='",
    "<script>",
    "</script>",
    "'",
    '"',
    ">",
    "<!--",
    "<p ",
    "style=",
    " ",
    "\n",
    "`",
    "/",
    "x",
    "javascript:",
)

tags = st.builds(
    lambda name, words: f"{{% {name} {' '.join(words)} %}}",
    st.one_of(
        st.sampled_from(TAGS),
        st.sampled_from(TAGS).map("end{}".format),
        st.sampled_from(["else", "elif a", "plural", "empty"]),
    ),
    st.lists(st.sampled_from(WORDS), max_size=5),
)
variables = st.builds(
    lambda words, name: f"{{{{ {' '.join(words)}|{name} }}}}",
    st.lists(st.sampled_from(WORDS), max_size=3),
    st.one_of(st.sampled_from(FILTERS), st.sampled_from(FILTERS).map("{}:1".format), st.sampled_from(WORDS)),
)
loose = st.text(alphabet="{}%# \n\"'|:=.-_ab\\é\x00", max_size=12)
sources = st.lists(st.one_of(tags, tags, variables, loose, st.sampled_from(HTML)), max_size=12).map("".join)


@settings(max_examples=400)
@given(sources)
def test_any_source_is_a_template_or_a_syntax_error(source: str) -> None:
    for contextual in (False, True):
        with suppress(TemplateSyntaxError, TemplateNotFound):
            template = Engine(templates={"a.html": "a"}, contextual=contextual).from_string(source)
            template.unit(True, False)
            template.unit(False, True)


@settings(max_examples=100)
@given(sources)
def test_the_checker_tells_of_any_source_what_is_wrong_with_it(source: str) -> None:
    for problem in check_templates(Engine(templates={"a.html": "a", "page.html": source})):
        assert problem.text
        assert problem.line >= 1
