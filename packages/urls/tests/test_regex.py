"""Regular expressions in routes: what can be written for them, and where a path is no route's."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.urls import NoReverseMatch, Router, path, re_path
from partita.urls.regex import Group, takes_slash, templates


def view(request: object, **kwargs: object) -> None:
    """A view."""


PARTS = [
    r"[^-]", r"\W", r"\D", r"\S", r"\s", r"\d", ".", "[b-d]", r"[\-x]", r"[^\s]", r"[^a-z-]", r"[^\W\d]", "(?:a|b)", "(?:ab){3}", "(?>ab)",
    "a{2,}", "(?i:ab)", "x?", "(?:ab)*", "(?=a)a", "(?!b)a", "a+?", "[^b]{2,4}",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_path_that_is_written_for_an_expression_is_taken_by_it(part: str) -> None:
    router = Router([re_path(f"^x{part}/$", view, name="x")])
    written = router.reverse("x")
    assert router.is_valid_path(re.sub("%([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), written))


@given(st.lists(st.sampled_from([*PARTS, "(a)", r"(?:(\d)-)?", "(?:c(a)|d)"]), max_size=5))
def test_every_template_is_a_text_that_the_expression_takes(parts: list[str]) -> None:
    expression = re.compile("".join(parts))
    found = templates(expression)
    assert found
    for template in found[:8]:
        values = {"(a)": "a", r"(?:(\d)-)?": "1", "(?:c(a)|d)": "a"}
        groups = [values[part] for part in parts if part in values]
        text = "".join(piece if isinstance(piece, str) else groups[int(piece.name) - 1] for piece in template)
        if not any(part.startswith(("(?=", "(?!")) for part in parts):
            assert expression.fullmatch(text), (expression.pattern, text)


def test_each_branch_with_other_groups_is_a_way_to_write_it() -> None:
    router = Router([re_path(r"^(?:by-id/(?P<pk>\d+)|by-name/(?P<by>[a-z]+))/$", view, name="album")])
    assert router.reverse("album", pk=3) == "/by-id/3/"
    assert router.reverse("album", by="abba") == "/by-name/abba/"
    with pytest.raises(NoReverseMatch):
        router.reverse("album", pk=3, by="abba")


def test_a_group_without_a_name_among_named_ones_is_text() -> None:
    router = Router([re_path(r"^(cd|lp)/(?P<pk>\d+)/$", view, name="album")])
    assert router.reverse("album", pk=3) == "/cd/3/"


@pytest.mark.parametrize("expression", [r"(?P<x>a)(b)\2", "(a)(?(1)b|c)"])
def test_what_cannot_be_written_is_no_way_to_reverse(expression: str) -> None:
    assert templates(re.compile(expression)) == []
    router = Router([re_path(f"^{expression}$", view, name="x"), path("b/", view, name="b")])
    with pytest.raises(NoReverseMatch):
        router.reverse("x", "a") if "(?P" not in expression else router.reverse("x", x="a")
    assert router.reverse("b") == "/b/"


def test_many_optional_groups_give_a_bounded_number_of_templates() -> None:
    found = templates(re.compile("".join(f"({letter})?" for letter in "abcdefghijklmnopqrst")))
    assert len(found) == 32
    assert found[0] == []


def test_texts_between_groups_are_joined() -> None:
    (template,) = templates(re.compile(r"^a[b]c(?P<x>.)d\.e$"))
    assert [piece.name if isinstance(piece, Group) else piece for piece in template] == ["abc", "x", "d.e"]


@pytest.mark.parametrize(
    ("expression", "takes"),
    [
        ("[a-z]+", False), ("[^a-z]+", True), ("[^/]+", False), ("/", True), ("[/]", True), (r"[+-9]", True), (r"[^+-9]", False), (r"\d+", False),
        (r"\D+", True), (r"\W", True), (r"[\W]", True), (r"[\d-]", False), ("[^a]", True), ("(?:a|/)", True), ("(?:a|b)", False), ("(a/)?", True),
        ("(a)?", False), (".", True), ("(?:[^/]{2,3}){2}", False), (r"[^\W]", False),
    ],
)  # fmt: skip
def test_an_expression_that_may_take_a_slash_is_told_from_one_that_never_does(expression: str, takes: bool) -> None:
    assert takes_slash(expression) is takes
    if not takes:
        assert not re.fullmatch(expression, "/")


@pytest.mark.parametrize(
    ("expression", "text"), [(r"a[^\x00-\x7f]b", "/a%C3%A9b/"), (r"[^\w.~-]", "/!/"), (r"[^\x00-\U0010ffff]", None)]
)
def test_a_class_that_leaves_few_letters_does_not_keep_the_router_from_being_made(
    expression: str, text: str | None
) -> None:
    router = Router([re_path(f"^{expression}/$", view, name="x"), path("b/", view, name="b")])
    assert router.reverse("b") == "/b/"
    if text is None:
        with pytest.raises(NoReverseMatch):
            router.reverse("x")
    else:
        assert router.reverse("x") == text
        assert router.match(unquote(text)).name == "x"
