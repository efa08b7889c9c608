"""Hostile input costs what honest input of its length does, and what is refused is refused with an error of ours."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.http import HttpError
from partita.security.browsers import browser_version
from partita.security.errors import SecurityError
from partita.security.hosts import matches
from partita.security.outgoing import OutgoingGuard
from partita.security.proof_of_work import is_solved
from partita.security.rates import Rule
from partita.security.reports import parse_reports
from partita.security.uploads import detect_type, safe_filename

SIZE = 2**15
"""Characters; twice as many may cost 2.3 times as much."""
NOISE = 0.004
"""Seconds of processor time below which nothing is told from nothing."""

GUARD = OutgoingGuard(resolve=lambda host, port: ["8.8.8.8"])
NASTY: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "Rule.parse": (Rule.parse, ("1", "1/", "/", "1/1", " ", "s", "1/1s")),
    "browser_version": (browser_version, ("Chrome/", "Version/1", "Version/1 ", "rv:", "Trident/", "1.", " ")),
    "matches": (lambda text: matches(text, [f".{text}", "a.test"]), ("a.", ".", "a")),
    "OutgoingGuard.check": (lambda text: GUARD.check(f"https://{text}"), ("a.", ".", "@", ":", "[", "/", "?", "%41", "\\")),
    "parse_reports": (
        lambda text: parse_reports(text.encode(), "application/reports+json"),
        ("[", "{", '"', "[{}", '{"type":"a"},', "1,", "\\"),
    ),
    "report fields": (
        lambda text: parse_reports(f'{{"type":"a","body":{{"blockedURL":"{text}"}}}}'.encode(), "application/reports+json"),
        ("a:", "//", "?", "#", "[", "/"),
    ),
    "is_solved": (partial(is_solved, bits=8), ("a", ".", "é")),
    "safe_filename": (safe_filename, ("a", ".", "/", "\\", " ", "..", "é", "\u202e", "con.")),
    "detect_type": (lambda text: detect_type(text.encode()), ("<", "<!--", "<svg", " ", "%PDF", "a", "<?xml", "&")),
}  # fmt: skip
CASES = [(name, piece) for name, (_, pieces) in NASTY.items() for piece in pieces]


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_input_costs_twice_the_time(name: str, piece: str) -> None:
    read = NASTY[name][0]
    for edge in ("", '"'):
        small, large = (piece * (size // len(piece)) + edge for size in (SIZE, 2 * SIZE))

        def run(text: str) -> None:
            try:
                read(text)
            except (HttpError, SecurityError):  # what is refused has been looked at, too
                return

        if least_seconds(partial(run, large), enough=NOISE, attempts=1) <= NOISE:
            continue
        # What grows too fast does so in every round; a machine that slows down between two measurements does not.
        assert any(is_within(partial(run, small), partial(run, large)) for _ in range(5))


def is_within(small: Callable[[], object], large: Callable[[], object]) -> bool:
    allowed = 2.3 * least_seconds(small, attempts=3) + NOISE
    return least_seconds(large, enough=allowed, attempts=5) <= allowed


@given(st.sampled_from(sorted(NASTY)), st.text(max_size=60))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    try:
        NASTY[name][0](text)
    except (HttpError, SecurityError) as error:
        assert str(error)  # noqa: PT017 - one of two right outcomes


@given(
    st.integers(1, 10_000),
    st.integers(1, 500),
    st.sampled_from([("s", 1), ("min", 60), ("hour", 3600), ("days", 86_400)]),
)
def test_a_written_rule_reads_back(limit: int, count: int, unit: tuple[str, int]) -> None:
    name, seconds = unit
    assert Rule.parse(f"{limit}/{count}{name}") == Rule(limit, count * seconds)
