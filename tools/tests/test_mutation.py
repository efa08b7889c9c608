"""Mistakes are made one at a time, in memory, and those that no test notices are named."""

import ast
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

ROOT = Path(__file__).parents[2]

from mutants import compiled, mutants  # noqa: E402

MODULE = dedent('''
    """What a visit costs."""

    import re

    __all__ = ("cost", "is_code")

    _CODE = re.compile(r"[A-Z]{2}[0-9]+")


    def cost(age: int, member: bool = False) -> int:
        """Return euros."""
        if age < 0:
            raise ValueError(f"got {age}, expected an age")
        if age < 18 or member:
            return 3
        return 5


    def is_code(text: str) -> bool:
        return _CODE.fullmatch(text) is not None
''')
GOOD = dedent("""
    import pytest
    from admission import cost, is_code

    @pytest.mark.parametrize(("age", "euros"), [(0, 3), (17, 3), (18, 5), (19, 5)])
    def test_age(age, euros):
        assert cost(age) == euros

    def test_member():
        assert cost(50, member=True) == 3

    def test_no_age():
        with pytest.raises(ValueError):
            cost(-1)

    @pytest.mark.parametrize(("text", "code"), [("AB1", True), ("AB12", True), ("AB", False), ("A1", False), ("ABC1", False), ("abc", False), ("ABA", False), ("111", False)])
    def test_code(text, code):
        assert is_code(text) is code
""")
WEAK = dedent("""
    from admission import cost

    def test_cost():
        assert cost(3) == 3
        assert cost(50) == 5
""")


def changes(source: str) -> list[tuple[int, str]]:
    return [(mutant.line, mutant.change) for mutant in mutants(ast.parse(source))]


def test_what_no_test_should_hold_on_to_is_left_alone() -> None:
    shown = {change for _, change in changes(MODULE)}
    assert not any("euros" in change or "got " in change or "visit" in change or "'cost'" in change for change in shown)
    assert changes('from typing import cast\nx: "int"\ny = cast("list[int]", x)\n"""doc"""\nimport a') == []


@pytest.mark.parametrize(
    ("source", "change"),
    [
        ("a < b", "LtE for Lt"),
        ("a is not b", "Is for IsNot"),
        ("a and b", "Or for And"),
        ("a and b and c", "without its 2. part"),
        ("not a", "without Not"),
        ("a + b", "Sub for Add"),
        ("a[1:2]", "to the last"),
        ("{'a', 'b'}", "without 'a'"),
        ("[x for x in y if x]", "without its condition"),
        ("a if b else c", "as if it were not so"),
        ("f(a=b)", "without a="),
        ("f(a)", "left out"),
        ("while a:\n  break", "continue for break"),
        ("try:\n  a = f()\nexcept B:\n  a = 1", "raised on"),
        ("def f():\n  return a", "nothing returned"),
        ("re.compile(r'[^a]+b?\\+')", "'[^a]*b?\\\\+' for '[^a]+b?\\\\+'"),
        ("re.compile(r'(?:a{2,3})')", "'(?:a{2,4})' for '(?:a{2,3})'"),
        ("re.compile(b'[a-z]')", "b'[^a-z]' for b'[a-z]'"),
        ("x = True", "False for True"),
    ],
)
def test_each_kind_of_mistake_is_made(source: str, change: str) -> None:
    assert change in [found for _, found in changes(source)]


def test_each_mistake_is_one_change_to_a_program_that_still_compiles() -> None:
    original = ast.dump(ast.parse(MODULE))
    dumps = set()
    for number in range(len(mutants(ast.parse(MODULE)))):
        tree = ast.parse(MODULE)
        mutant = mutants(tree)[number]
        assert mutant.number == number
        mutant.apply()
        compiled(tree, "admission.py")
        dumps.add(ast.dump(tree))
    assert original not in dumps
    assert len(dumps) == len(mutants(ast.parse(MODULE)))


def run(folder: Path, tests: str, *options: str) -> "subprocess.CompletedProcess[str]":
    (folder / "src").mkdir()
    (folder / "src" / "admission.py").write_text(MODULE)
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = src\n")
    (folder / "test_admission.py").write_text(tests)
    command = [sys.executable, str(ROOT / "tools" / "mutation.py"), "src/admission.py", "test_admission.py", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_tests_that_look_at_everything_notice_every_mistake(tmp_path: Path) -> None:
    done = run(tmp_path, GOOD, "--least", "100", "--jobs", "2")
    assert done.stdout.splitlines()[-1].endswith("mutants noticed, 100.0 %"), done.stdout + done.stderr
    assert done.returncode == 0
    assert (tmp_path / "src" / "admission.py").read_text() == MODULE


def test_tests_that_do_not_are_told_what_they_missed(tmp_path: Path) -> None:
    done = run(tmp_path, WEAK, "--least", "90")
    assert done.returncode == 1, done.stderr
    assert "left out (no test runs it)\n      raise ValueError" in done.stdout
    assert "LtE for Lt (not noticed)\n      if age < 18 or member:" in done.stdout
    assert "6 for 5" not in done.stdout


def test_a_sample_is_the_same_each_time_and_one_mistake_can_be_tried_alone(tmp_path: Path) -> None:
    done = run(tmp_path, WEAK, "--sample", "5")
    again = [sys.executable, str(ROOT / "tools" / "mutation.py"), "src/admission.py", "test_admission.py"]
    same = subprocess.run([*again, "--sample", "5"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert same.stdout == done.stdout
    assert " of 5 mutants" in done.stdout
    one = subprocess.run([*again, "--only", "0"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert " of 1 mutants" in one.stdout


def test_a_mistake_that_never_ends_is_noticed_when_its_time_is_over(tmp_path: Path) -> None:
    endless = MODULE.replace(
        "    return _CODE", "    while text.startswith(' '):\n        text = text[1:]\n    return _CODE"
    )
    tests = GOOD + "\ndef test_space():\n    assert is_code('  AB1')\n"
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "admission.py").write_text(endless)
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = src\n")
    (tmp_path / "test_admission.py").write_text(tests)
    number = next(m.number for m in mutants(ast.parse(endless)) if m.change == "from the first")
    command = [
        sys.executable,
        str(ROOT / "tools" / "mutation.py"),
        "src/admission.py",
        "test_admission.py",
        "--only",
        str(number),
    ]
    done = subprocess.run([*command, "--limit", "2"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 of 1 mutants noticed" in done.stdout, done.stdout + done.stderr


def test_tests_that_never_import_the_module_are_a_mistake(tmp_path: Path) -> None:
    done = run(tmp_path, "def test_nothing():\n    pass\n")
    assert done.returncode != 0
    assert "do not import admission" in done.stderr
