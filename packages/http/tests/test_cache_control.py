from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import HeaderSyntaxError, Response
from partita.http.cache_control import CacheControl, parse_cache_control


def test_directives_are_written_as_the_rfc_spells_them() -> None:
    value = CacheControl(
        public=True, max_age=60, s_maxage=timedelta(hours=1), must_revalidate=True, immutable=True, stale_if_error=5
    )
    assert str(value) == "public, max-age=60, s-maxage=3600, stale-if-error=5, must-revalidate, immutable"
    assert str(CacheControl(no_cache=("set-cookie", "x-a"))) == 'no-cache="set-cookie, x-a"'
    assert str(CacheControl(extensions=(("a", "1"), ("b", 'x "y"'), ("c", None)))) == r'a=1, b="x \"y\"", c'
    assert str(CacheControl.never()) == "private, no-store, no-cache, max-age=0, must-revalidate"


@pytest.mark.parametrize(
    ("present", "added", "merged"),
    [
        ("max-age=60", CacheControl(max_age=10), "max-age=10"),
        ("max-age=10", CacheControl(max_age=60), "max-age=10"),
        ("private", CacheControl(public=True), "public"),
        ("public", CacheControl(private=True), "private"),
        ("public, max-age=9", CacheControl(must_revalidate=True), "public, max-age=9, must-revalidate"),
        ('no-cache="a"', CacheControl(no_cache=("b",)), 'no-cache="a, b"'),
        ('no-cache="a"', CacheControl(no_cache=True), "no-cache"),
        ("no-cache", CacheControl(no_cache=("b",)), "no-cache"),
        ('x="old", y', CacheControl(extensions=(("x", "new"),)), "y, x=new"),
        ("", CacheControl(no_store=True), "no-store"),
    ],
)
def test_patching_merges_directives_and_keeps_the_stricter(present: str, added: CacheControl, merged: str) -> None:
    response = Response.text("x", headers={"Cache-Control": present} if present else ())
    changed = response.with_cache_control(added)
    assert changed.headers["cache-control"] == merged
    assert response.headers.get("cache-control", "") == present


def test_directives_may_be_given_by_name() -> None:
    changed = Response.text("x").with_cache_control(max_age=60, private=True)
    assert changed.headers["cache-control"] == "private, max-age=60"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Max-Age=60 ,, NO-STORE", CacheControl(max_age=60, no_store=True)),
        ("max-age=60, max-age=90", CacheControl(max_age=60)),
        ('max-age="60"', CacheControl(max_age=60)),
        ("max-age=soon", CacheControl(max_age=0)),
        ("max-age=-1", CacheControl(max_age=0)),
        ("max-age", CacheControl(max_age=0)),
        ("max-age=99999999999", CacheControl(max_age=2_147_483_648)),
        ("public, private", CacheControl(private=True)),
        ('private="x-a, x-b"', CacheControl(private=("x-a", "x-b"))),
        ('private="  "', CacheControl(private=True)),
        ('foo="a, b\\"c"', CacheControl(extensions=(("foo", 'a, b"c'),))),
        ("", CacheControl()),
    ],
)
def test_values_are_read_with_the_careful_meaning(value: str, expected: CacheControl) -> None:
    assert parse_cache_control(value) == expected


@pytest.mark.parametrize("value", ["max age=1", '="x"', 'a="b', "a=b c", "a\r\nb"])
def test_what_is_no_list_of_directives_is_refused(value: str) -> None:
    with pytest.raises(HeaderSyntaxError, match="directives separated by commas"):
        parse_cache_control(value)


def test_contradictions_and_injections_are_mistakes() -> None:
    with pytest.raises(ValueError, match="public or private"):
        CacheControl(public=True, private=True)
    with pytest.raises(ValueError, match="must not be negative"):
        CacheControl(max_age=-1)
    for wrong in ({"no_cache": ('a"',)}, {"extensions": (("a b", None),)}, {"extensions": (("a", "x\r\ny: z"),)}):
        with pytest.raises(HeaderSyntaxError):
            CacheControl(**wrong)


@given(
    st.builds(
        CacheControl,
        max_age=st.none() | st.integers(0, 10**9),
        s_maxage=st.none() | st.integers(0, 10**9),
        no_cache=st.booleans() | st.just(("set-cookie",)),
        no_store=st.booleans(),
        private=st.booleans() | st.just(("x-a", "x-b")),
        immutable=st.booleans(),
        extensions=st.sampled_from([(), (("a", None),), (("b", 'q\\"uo,te'), ("c", "1"))]),
    )
)
def test_what_is_written_reads_back_as_itself(value: CacheControl) -> None:
    assert parse_cache_control(str(value)) == value


@given(st.text(max_size=80))
def test_nothing_but_the_documented_error_escapes(value: str) -> None:
    with suppress(HeaderSyntaxError):
        parse_cache_control(value)
