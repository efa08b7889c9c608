"""What browsers call a file that they save."""

from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.disposition import content_disposition


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("a b.txt", 'filename="a b.txt"'),
        ("C:\\Users\\me\\a.txt", 'filename="a.txt"'),
        ("../../etc/passwd", 'filename="passwd"'),
        ("a/b\\c/d.txt", 'filename="d.txt"'),
        ("a\r\nSet-Cookie: x\x00.txt", 'filename="aSet-Cookie: x.txt"'),
        ("agnp\u202efdp.exe", 'filename="agnpfdp.exe"'),  # it would be shown as agnpexe.pdf
        ('a"; filename="b', "filename=\"a_; filename=_b\"; filename*=UTF-8''a%22%3B%20filename%3D%22b"),
        # Some browsers resolve escapes in the plain form, so none stands there.
        ("100%41.txt", "filename=\"100_41.txt\"; filename*=UTF-8''100%2541.txt"),
        ("wörk?.txt", "filename=\"w_rk_.txt\"; filename*=UTF-8''w%C3%B6rk%3F.txt"),
        ("é!#$&+-.^_`|~'*()", "filename=\"_!#$&+-.^_`|~'*()\"; filename*=UTF-8''%C3%A9!#$&+-.^_`|~%27%2A%28%29"),
        ("\U0001f600", "filename=\"_\"; filename*=UTF-8''%F0%9F%98%80"),
        ("", 'filename=""'),
    ],
)
def test_a_name_is_a_name_and_nothing_else(filename: str, expected: str) -> None:
    assert content_disposition(filename) == f"attachment; {expected}"
    assert content_disposition(filename, as_attachment=False) == f"inline; {expected}"


@given(st.text(st.characters(exclude_characters="/\\"), max_size=30))
def test_what_can_be_shown_of_a_name_arrives(name: str) -> None:
    kept = "".join([each for each in name if each.isprintable()])
    plain, _, extended = content_disposition(name).partition("; filename*=UTF-8''")
    assert plain.isascii()
    assert (unquote(extended) if extended else plain.removeprefix('attachment; filename="')[:-1]) == kept
