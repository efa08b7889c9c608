"""Random chains of queryset calls give what Django gives, on every database, blocking and awaited.

`differential` makes the chains and answers them, each side in a process of its own. ``PARTITA_CHAINS=5000`` asks more of them,
``PARTITA_FIRST_CHAIN=9000`` others. Chains that read and chains that write have numbers of their own.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from partita.orm import Database, connect

pytest.importorskip("django")
HERE = Path(__file__).parent
CHAINS = int(os.environ.get("PARTITA_CHAINS", "120"))
FIRST = int(os.environ.get("PARTITA_FIRST_CHAIN", "0"))
AWAITED = frozenset({"postgresql", "sqlite-file"})
# What is decided otherwise, or what Django answers wrongly; see "Different from Django" in README.md.
DIFFERENT: Mapping[int, str] = {
    2157: "exclude() over two relations: Django's subquery joins the wrong one",
    20048: "count() of groups leaves the order out, which tells groups apart in the rows",
    21029: "exclude() over two relations: Django's subquery joins the wrong one",
    23659: "whether EXISTS is NULL, Django says yes",
    30017: "UNION with a query that has no rows keeps equal rows: Django leaves it out, and DISTINCT with it",
    30165: "exclude() within OR over a relation that is joined: Django's subquery asks of the joined row only",
    30261: "an element of a text: PostgreSQL takes it for an array of one",
    30700: "Django takes a result that is always true for a condition that is",
    31566: "UNION with a query that has no rows keeps equal rows",
}
DIFFERENT_WRITES: Mapping[int, str] = {
    48: "XOR of what is NULL, in MySQL",
    105: "exclude() over two relations: Django's subquery joins the wrong one",
}
DIFFERENT_DEEPER: Mapping[int, str] = {
    205: "a negated filter of an aggregate over many rows joins them in Django",
    562: "XOR of what is NULL, in MySQL",
    2459: "JSON's null and no key at all are one group, in SQLite",
    3180: "a value of no rows in a query in a query: Django takes the outer one for empty as well",
    4283: "JSON's null and no key at all are one group, in SQLite",
}


@contextmanager
def places(database: Database) -> Iterator[tuple[str, dict[str, str]]]:
    """Make an empty place for each side; yield the address, and the names of the places."""
    names = {side: f"compared_{side}_{os.getpid()}" for side in ("django", "partita")}
    if database.vendor == "sqlite":
        yield "sqlite://:memory:", names
        return
    kind, options = ("SCHEMA", " CASCADE") if database.vendor == "postgresql" else ("DATABASE", "")
    url = database.url.set(query={}).render_as_string(hide_password=False)
    with connect(url) as outer:
        for name in names.values():
            outer.execute(f"CREATE {kind} {name}")
        try:
            yield url, names
        finally:
            for name in names.values():
                outer.execute(f"DROP {kind} {name}{options}")
    outer.close()


def answers(side: str, url: str, place: str, chains: list[Any], *options: str) -> list[Any]:
    """Return what one side answers."""
    command = [sys.executable, "-m", "differential", side, url, place, *options]
    done = subprocess.run(command, input=json.dumps(chains), capture_output=True, text=True, cwd=HERE, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found: list[Any] = json.loads(done.stdout)
    return found


def agree(chain: Mapping[str, Any], django: list[Any], ours: list[Any]) -> bool:
    """Return whether both sides said the same: what Django refuses may be more than we do."""
    if django[0] == "error" or django == ours:
        return True
    merged = any(
        step[0] in ("&", "|", "^") for step in chain["steps"]
    )  # Django may join, and double rows, without need
    return merged and django[0] == ours[0] == "rows" and _once(django[1]) == _once(ours[1])


def _once(rows: list[Any]) -> set[str]:
    return {json.dumps(row) for row in rows}


@pytest.fixture
def chain(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[str, Any]]:
    """Makes the chain of a number."""
    monkeypatch.syspath_prepend(str(HERE))
    made: Callable[[int], dict[str, Any]] = importlib.import_module("differential.chains").chain
    return made


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[str, Any]]:
    """Makes the chain of a number that writes."""
    monkeypatch.syspath_prepend(str(HERE))
    made: Callable[[int], dict[str, Any]] = importlib.import_module("differential.writing").written
    return made


@pytest.fixture
def deeper(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], dict[str, Any]]:
    """Makes the query of a number, of the kinds that go wrong only together."""
    monkeypatch.syspath_prepend(str(HERE))
    made: Callable[[int], dict[str, Any]] = importlib.import_module("differential.deeper").deeper
    return made


def test_chains_of_calls_give_what_django_gives(
    database: Database, chain: Callable[[int], dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    refused = compared(database, chain, DIFFERENT, request)
    assert refused < CHAINS / 10  # most chains are such as people write


def test_chains_of_writes_leave_what_django_leaves(
    database: Database, written: Callable[[int], dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    refused = compared(database, written, DIFFERENT_WRITES, request)
    assert refused < CHAINS / 2  # rows that are there already, keys that nobody has


def test_queries_in_queries_give_what_django_gives(
    database: Database, deeper: Callable[[int], dict[str, Any]], request: pytest.FixtureRequest
) -> None:
    refused = compared(database, deeper, DIFFERENT_DEEPER, request)
    assert refused < CHAINS / 10


def compared(
    database: Database,
    chain: Callable[[int], dict[str, Any]],
    different: Mapping[int, str],
    request: pytest.FixtureRequest,
) -> int:
    """Fail unless both sides say the same of all chains; return how many of them Django refuses."""
    if database.is_behind_pooler:
        pytest.skip("platform: behind a pooler a session does not keep its schema")
    numbers = [number for number in range(FIRST, FIRST + CHAINS) if number not in different]
    chains = [chain(number) for number in numbers]
    awaited = ["--awaited"] if request.node.callspec.params["session_database"] in AWAITED else []
    with places(database) as (url, names):
        django = answers("django", url, names["django"], chains)
        ours = answers("partita", url, names["partita"], chains, *awaited)
    wrong = [
        f"{number}: {json.dumps(asked)}\n  Django: {str(theirs)[:1000]}\n  partita: {str(mine)[:1000]}"
        for number, asked, theirs, mine in zip(numbers, chains, django, ours, strict=True)
        if not agree(asked, theirs, mine)
    ]
    assert not wrong, "\n".join(wrong[:5])
    return sum(answer[0] == "error" for answer in django)


def test_a_chain_is_the_same_each_time(
    chain: Callable[[int], dict[str, Any]],
    written: Callable[[int], dict[str, Any]],
    deeper: Callable[[int], dict[str, Any]],
) -> None:
    for make in (chain, written, deeper):
        assert [make(number) for number in range(50)] == [make(number) for number in range(50)]
        assert len({json.dumps(make(number)) for number in range(50)}) == 50
