"""Forbidden words and constructs are found, and their lawful relatives are left alone."""

from __future__ import annotations

import forbidden
import pytest

# Written with a gap, so that this file passes the check.
LINES = ["# TO_DO: later", "x = 1  # FIX_ME", "see /wor_k/main/x", "--index-u_rl=x"]


@pytest.mark.parametrize("line", [line.replace("_", "") for line in LINES])
def test_a_forbidden_word_is_found_in_its_line(line: str) -> None:
    assert [number for number, _ in forbidden.in_text(f"fine\n{line}\n")] == [2]


@pytest.mark.parametrize("line", ["a todo list", "MASTODON", "/works/main", "/root of all"])
def test_a_word_that_only_looks_alike_is_left_alone(line: str) -> None:
    assert list(forbidden.in_text(line)) == []


@pytest.mark.parametrize(
    "code",
    [
        "try: x\nexcept: y",
        "print(1)",
        "def f():\n    raise NotImplementedError",
        "raise NotImplementedError('later')",
        "class CacheContract:\n    def make(self): raise NotImplementedError",
        "class A:\n    def f(self): raise NotImplementedError\nclass B(A):\n    def f(self): return 1",
    ],
)
def test_a_forbidden_construct_is_found(code: str) -> None:
    assert len(list(forbidden.in_python(code, in_source=True))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "try: x\nexcept ValueError: y",
        "class A:\n    @abstractmethod\n    def f(self): raise NotImplementedError",
        "def f(print): return print",
    ],
)
def test_a_lawful_construct_is_left_alone(code: str) -> None:
    assert list(forbidden.in_python(code, in_source=True)) == []


def test_printing_is_allowed_outside_packages() -> None:
    assert list(forbidden.in_python("print(1)", in_source=False)) == []
