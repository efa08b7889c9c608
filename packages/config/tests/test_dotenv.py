import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.config import DotenvSyntaxError, parse_dotenv


def values(text: str) -> dict[str, str]:
    return {name: entry.value for name, entry in parse_dotenv(text).items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A=1", {"A": "1"}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("\ufeffA=1", {"A": "1"}),
        ("# comment\n\n  export A = 1  \n", {"A": "1"}),
        ("A=", {"A": ""}),
        ("A=\nB=2", {"A": "", "B": "2"}),
        ("A=one two # three", {"A": "one two"}),
        ("A=one#two", {"A": "one#two"}),
        ("A=#two", {"A": ""}),
        ("A='one # $two \\n'", {"A": "one # $two \\n"}),
        ('A="one\\ntwo \\"x\\" \\\\ \\$y \\z" # comment', {"A": 'one\ntwo "x" \\ $y \\z'}),
        ('A="one\ntwo"\nB=2', {"A": "one\ntwo", "B": "2"}),
        ("A=$HOME `id` $(id)", {"A": "$HOME `id` $(id)"}),
        ("A=1\nA=2", {"A": "2"}),
        ("URL=postgresql://u:p=@h/d?x=1", {"URL": "postgresql://u:p=@h/d?x=1"}),
    ],
)
def test_a_file_is_read(text: str, expected: dict[str, str]) -> None:
    assert values(text) == expected


def test_lines_are_counted_over_values_that_span_lines() -> None:
    entries = parse_dotenv("# one\nA='two\nthree'\n\nB=5")
    assert (entries["A"].line, entries["B"].line) == (2, 5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A=1\nhunter2", "line 2: expected a comment or NAME=value"),
        ("1A=hunter2", "line 1: expected a comment"),
        ("A='hunter2", "line 1: expected a closing '"),
        ('A="hunter2\\"', 'line 1: expected a closing "'),
        ("A='x' hunter2", "line 1: expected nothing but a comment"),
        ("=hunter2", "line 1"),
    ],
)
def test_a_malformed_line_is_named_but_not_shown(text: str, message: str) -> None:
    with pytest.raises(DotenvSyntaxError, match=message) as caught:
        parse_dotenv(text)
    assert "hunter2" not in str(caught.value)


@given(st.text(alphabet="AB='\"\\ \t\n\r#$x\ufeffé", max_size=60))
def test_nothing_but_a_syntax_error_escapes(text: str) -> None:
    with contextlib.suppress(DotenvSyntaxError):
        parse_dotenv(text)


@given(
    st.dictionaries(
        st.from_regex(r"[A-Z_][A-Z0-9_]{0,8}", fullmatch=True), st.text(st.characters(exclude_characters="\r"))
    )
)
def test_quoted_values_read_back(entries: dict[str, str]) -> None:
    quoted = {name: '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for name, value in entries.items()}
    assert values("\n".join(f"{name}={value}" for name, value in quoted.items())) == entries


def test_a_long_file_takes_linear_time() -> None:
    assert len(parse_dotenv('A="' + "\\x" * 200_000 + '"')["A"].value) == 400_000
    with pytest.raises(DotenvSyntaxError):
        parse_dotenv('A="' + "\\x" * 200_000)
