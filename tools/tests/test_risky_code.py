"""Two mistakes that others have made and that no reader of a change sees at once: they are looked for in all of our code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "packages").glob("*/src/**/*.py"))
SECRET = re.compile(r"(^|_)(signature|digest|mac|hmac|password|passphrase|secret|token|api_?key|otp)$")
# Why what is found there is right.
ALLOWED = {
    "packages/auth/src/partita/auth/commands.py": "the same password typed twice by one person",
    "packages/auth/src/partita/auth/forms.py": "the same password typed twice by one person",
    "packages/security/src/partita/security/csrf_tokens.py": "both values came out of our own state",
    "packages/security/src/partita/security/csrf_view.py": "both values came out of our own state",
    "packages/templates/src/partita/templates/bytecode.py": "a checksum against damage, not a secret",
    "packages/templates/src/partita/templates/completing.py": "finds what stands before the cursor of an editor",
}


@cache
def trees() -> list[tuple[str, ast.Module]]:
    return [(str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in SOURCES]


def name_of(node: ast.expr) -> str:
    """The last word of what is compared: `request.token`, `token()`, `tokens["token"]`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name
        case ast.Call(func=function):
            return name_of(function)
    return ""


def compared(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Comparisons of two values of which one is a secret by its name; with constants there is nothing to learn."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq | ast.NotEq):
            sides = [node.left, node.comparators[0]]
            plain = any(isinstance(side, ast.Constant | ast.JoinedStr | ast.Tuple | ast.List) for side in sides)
            names = [name_of(side) for side in sides]
            if not plain and any(SECRET.search(name) for name in names) and not any(name.isupper() for name in names):
                yield node.lineno, ast.unparse(node)


def ending_loosely(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Patterns that end in `$`, which a line break at the end passes as well."""
    for node in ast.walk(tree):
        if (
            not isinstance(node, ast.Call)
            or not node.args
            or name_of(node.func) not in {"compile", "match", "search", "fullmatch"}
        ):
            continue
        if not (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
        ):
            continue
        pattern = node.args[0]
        if isinstance(pattern, ast.Constant) and isinstance(pattern.value, str | bytes):
            text = pattern.value if isinstance(pattern.value, str) else pattern.value.decode("latin-1")
            flags = ast.unparse(node)
            if (
                re.search(r"(?<![\\|])\$\)*$", text)
                and "MULTILINE" not in flags
                and "re.M" not in flags
                and "(?m" not in text
            ):
                yield node.lineno, text[-40:]


def test_cve_2021_33880_secrets_are_compared_in_constant_time() -> None:
    found = [f"{path}:{line}: {text}" for path, tree in trees() if path not in ALLOWED for line, text in compared(tree)]
    assert found == [], "use hmac.compare_digest"


def test_cve_2021_32052_cve_2026_53878_no_pattern_lets_a_line_break_pass_at_its_end() -> None:
    found = [
        f"{path}:{line}: {text}" for path, tree in trees() if path not in ALLOWED for line, text in ending_loosely(tree)
    ]
    assert found == [], "use fullmatch, or \\Z"


def test_what_is_allowed_is_still_there() -> None:
    found = {path for path, tree in trees() if [*compared(tree), *ending_loosely(tree)]}
    assert set(ALLOWED) - found == set()


def test_both_mistakes_are_found_where_they_are() -> None:
    planted = ast.parse(
        "if given == self.token: pass\nif request.password != kept: pass\nif token == 'csrf': pass\n"
        "import re\nre.compile(r'[a-z]+$')\nre.compile(r'[a-z]+\\$')\nre.compile('a$', re.MULTILINE)\n"
    )
    assert [line for line, _ in compared(planted)] == [1, 2]
    assert [line for line, _ in ending_loosely(planted)] == [5]
