"""Secrets from places in this process: what is remembered, what is valid, what is never shown."""

import asyncio
import logging
import pickle
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from partita.bridge import run
from partita.config import Secret
from partita.security.secrets import (
    EncryptedFile,
    Environment,
    SecretNotFound,
    Secrets,
    SecretsReadOnly,
    SecretsUnavailable,
    SecretVersion,
)

START = datetime(2026, 1, 1, tzinfo=UTC)


class Place:
    """Keeps secrets in memory; can be cut off, and can let those who ask wait."""

    place = "memory"

    def __init__(self, **values: str) -> None:
        self.kept = {name: [SecretVersion(Secret(value), START)] for name, value in values.items()}
        self.asked: list[str] = []
        self.reachable = True
        self.now = START
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def versions(self, name: str) -> Sequence[SecretVersion]:
        """Return what is kept."""
        self.asked.append(name)
        self.threads.add(threading.get_ident())
        found = tuple(self.kept.get(name, ()))
        self.gate.wait()
        if not self.reachable:
            raise SecretsUnavailable(self.place, name, "cut off")
        return found

    def put(self, name: str, value: Secret) -> None:
        """Keep a value."""
        self.kept.setdefault(name, []).insert(0, SecretVersion(value, self.now))


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.seconds


def test_the_first_place_that_has_a_secret_is_believed() -> None:
    first, second = Place(a="1"), Place(a="2", b="3")
    secrets = Secrets([first, second])
    assert (secrets.get("a").reveal(), secrets.get("b").reveal()) == ("1", "3")
    with pytest.raises(SecretNotFound, match=r"no secret 'c'. It was looked for in memory, memory"):
        secrets.get("c")
    first.reachable = False
    secrets.forget()
    with pytest.raises(SecretsUnavailable):
        secrets.get("b")  # the first might have one by now
    with pytest.raises(ValueError, match="at least one place"):
        Secrets([])


def test_a_secret_is_remembered_for_its_time_and_no_longer() -> None:
    place, clock = Place(a="1"), Clock()
    secrets = Secrets([place], ttl=10, clock=clock)
    for seconds, asked in ((0, 1), (9.9, 1), (10, 2), (19, 2), (20, 3)):
        clock.seconds = seconds
        assert secrets.get("a").reveal() == "1"
        assert asyncio.run(secrets.aget("a")).reveal() == "1"
        assert len(place.asked) == asked
    secrets.forget("a")
    secrets.get("a")
    assert len(place.asked) == 4


def test_while_a_place_is_cut_off_what_is_known_serves_for_a_while(caplog: pytest.LogCaptureFixture) -> None:
    place, clock = Place(a="t0ps3cret"), Clock()
    secrets = Secrets([place], ttl=10, stale=100, clock=clock)
    secrets.get("a")
    place.reachable = False
    clock.seconds = 109
    with caplog.at_level(logging.WARNING):
        assert secrets.get("a").reveal() == "t0ps3cret"
    assert "cut off; the value of 109 seconds ago is used" in caplog.text
    assert "t0ps3cret" not in caplog.text
    clock.seconds = 110
    with pytest.raises(SecretsUnavailable):
        secrets.get("a")


def test_a_crowd_that_asks_at_once_makes_one_request() -> None:
    place = Place(a="1")
    secrets = Secrets([place])
    place.gate.clear()
    with ThreadPoolExecutor(8) as pool:
        asking = [pool.submit(secrets.get, "a") for _ in range(8)]
        place.gate.set()
        assert {one.result().reveal() for one in asking} == {"1"}
    assert place.asked == ["a"]


def test_a_value_that_was_read_before_a_change_is_not_remembered_after_it() -> None:
    place = Place(a="old")
    secrets = Secrets([place])
    place.gate.clear()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(secrets.get, "a")
        while not (place.asked or asking.done()):
            time.sleep(0.001)
        place.put("a", Secret("new"))
        secrets.forget("a")
        place.gate.set()
        assert asking.result().reveal() == "old"
    assert secrets.get("a").reveal() == "new"


def test_awaiting_leaves_the_loop_alone_and_so_does_plain_code_beneath_it() -> None:
    place = Place(a="1")
    secrets = Secrets([place], ttl=0)

    async def main() -> None:
        assert (await secrets.aget("a")).reveal() == "1"
        assert (await run(secrets.get, "a")).reveal() == "1"

    asyncio.run(main())
    assert threading.get_ident() not in place.threads
    assert len(place.asked) == 2


def test_old_values_are_valid_for_the_grace_time() -> None:
    place = Place(a="1")
    now = START
    secrets = Secrets([place], ttl=0, now=lambda: now)
    for hours, value in ((2, "2"), (10, "3")):
        place.now = START + timedelta(hours=hours)
        place.put("a", Secret(value))
    for minutes, expected in ((600, ["3", "2"]), (659, ["3", "2"]), (660, ["3"])):
        now = START + timedelta(minutes=minutes)
        assert [one.reveal() for one in secrets.valid("a", timedelta(hours=1))] == expected
        assert [one.reveal() for one in asyncio.run(secrets.avalid("a", timedelta(hours=1)))] == expected
    assert len(secrets.valid("a", timedelta(days=1))) == 3


@pytest.mark.parametrize("name", ["", "..", "a/../b", "/a", "a//b", "a b", "a?x=1", "ä", "a\n", "x" * 201, "a/"])
def test_a_name_that_might_lead_elsewhere_is_refused(name: str) -> None:
    place = Place()
    secrets = Secrets([place])
    for asking in (secrets.get, lambda name: asyncio.run(secrets.aget(name)), lambda name: secrets.put(name, "x")):
        with pytest.raises(ValueError, match="is no name of a secret"):
            asking(name)
    assert not place.asked


def test_a_new_value_goes_where_the_secret_is_and_is_seen_at_once() -> None:
    first, second = Place(), Place(a="1")
    secrets = Secrets([first, second])
    secrets.get("a")
    secrets.put("a", "2")
    asyncio.run(secrets.aput("b", Secret("3")))
    assert (secrets.get("a").reveal(), secrets.get("b").reveal()) == ("2", "3")
    assert ("a" in first.kept, "b" in first.kept) == (False, True)
    behind = Secrets([Environment("", {"C": "4"}), first])
    behind.put("d", "5")  # the first place that can be written to
    assert behind.get("d").reveal() == "5"
    with pytest.raises(SecretsReadOnly):
        behind.put("c", "6")  # it would not be seen


def test_the_environment_has_the_value_and_the_one_before() -> None:
    environ = {"SHOP_DB_PASSWORD": "new", "SHOP_DB_PASSWORD_PREVIOUS": "old", "SHOP_EMPTY": ""}
    place = Environment("SHOP_", environ)
    secrets = Secrets([place])
    assert secrets.get("db-password").reveal() == "new"
    assert [one.reveal() for one in secrets.valid("db.password", timedelta(0))] == ["new", "old"]
    with pytest.raises(SecretNotFound):
        secrets.get("empty")
    with pytest.raises(SecretsReadOnly, match=r"the environment \(SHOP_\*\) cannot be written to"):
        secrets.put("db-password", "x")


def test_a_file_keeps_secrets_that_only_its_key_opens(tmp_path: Path) -> None:
    path = tmp_path / "secrets.enc"
    now = START
    file = EncryptedFile(path, Secret("master"), keep=2, now=lambda: now)
    assert (file.versions("a"), file.names()) == ((), [])
    for value in ("one", "two", "three"):
        file.put("a", Secret(value))
        now += timedelta(hours=1)
    file.put("b", Secret("other"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert not {b"one", b"three", b"other"} & set(path.read_bytes().split(b'"'))
    again = EncryptedFile(path, ["newer", "master"])
    assert [(one.value.reveal(), one.made) for one in again.versions("a")] == [
        ("three", START + timedelta(hours=2)),
        ("two", START + timedelta(hours=1)),
    ]
    again.remove("b")
    again.remove("b")
    assert EncryptedFile(path, "newer").names() == ["a"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["secrets.enc", "secrets.enc.lock"]
    with pytest.raises(SecretsUnavailable, match="no key opens it"):
        file.put("a", Secret("lost"))
    assert EncryptedFile(path, "newer").versions("a")[0].value == Secret("three")


def test_a_file_that_is_broken_or_foreign_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "secrets.enc"
    for content in (b"", b"{}", b"x" * 5_000_000):
        path.write_bytes(content)
        file = EncryptedFile(path, "master")
        with pytest.raises(SecretsUnavailable):
            file.versions("a")
        with pytest.raises(SecretsUnavailable):
            file.put("a", Secret("x"))
        assert path.read_bytes() == content
    with pytest.raises(SecretsUnavailable, match="No such file"):
        EncryptedFile(tmp_path / "nowhere" / "secrets.enc", "master").put("a", Secret("x"))
    with pytest.raises(SecretsUnavailable, match="Is a directory"):
        EncryptedFile(tmp_path, "master").versions("a")


_WRITER = """
import sys
from partita.config import Secret
from partita.security.secrets import EncryptedFile

for number in range(10):
    EncryptedFile(sys.argv[1], "master").put(f"s{sys.argv[2]}-{number}", Secret("x"))
"""


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "secrets.enc"
    writers = [subprocess.Popen([sys.executable, "-c", _WRITER, str(path), str(number)]) for number in range(3)]
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert len(EncryptedFile(path, "master").names()) == 30


def test_nothing_shows_a_secret(tmp_path: Path) -> None:
    place = Place(a="t0ps3cret")
    secrets = Secrets([place, Environment("X_", {}), EncryptedFile(tmp_path / "f", "m4ster")])
    secrets.get("a")
    place.reachable = False
    secrets.forget()
    with pytest.raises(SecretsUnavailable) as caught:
        secrets.get("a")
    shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    shown += f"{secrets!r} {place.kept} {secrets.__getstate__()}" if hasattr(secrets, "__getstate__") else ""
    assert "t0ps3cret" not in shown
    assert "m4ster" not in shown
    for error in (caught.value, SecretNotFound("a", "x"), SecretsReadOnly("x")):
        assert str(pickle.loads(pickle.dumps(error))) == str(error)
