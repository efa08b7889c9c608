"""Secrets that are replaced after a time, with those who take part in it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from partita.bridge import run
from partita.config import Secret
from partita.security.secrets import EncryptedFile, Environment, Rotated, Rotation, Secrets, SecretsReadOnly
from partita.signing import Signer

MONTH, HOUR = timedelta(days=30), timedelta(hours=1)


class World:
    """A file of secrets, and the time of day."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.file = EncryptedFile(folder / "secrets.enc", "master", now=lambda: self.now)
        self.secrets = Secrets([self.file], now=lambda: self.now)
        self.told: list[tuple[str, Rotated]] = []

    def hook(self, rotated: Rotated) -> None:
        """Note what is told."""
        self.told.append(("plain", rotated))

    async def ahook(self, rotated: Rotated) -> None:
        """Note what is told."""
        self.told.append(("awaited", rotated))

    async def broken(self, rotated: Rotated) -> None:
        """Fail."""
        raise ConnectionError("nobody there")

    def rotation(self, **options: object) -> Rotation:
        """Return the policy of a month and an hour."""
        given: dict[str, object] = {"every": MONTH, "grace": HOUR, "now": lambda: self.now, **options}
        return Rotation(self.secrets, "key", **given)  # type: ignore[arg-type]  # they are given by name


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A new one."""
    return World(tmp_path)


def test_a_value_is_replaced_when_it_is_time_and_the_old_one_is_good_for_the_grace_time(world: World) -> None:
    rotation = world.rotation(after=[world.hook, world.ahook])
    first = rotation.rotate_if_due()
    assert first is not None
    assert (first.name, first.old, rotation.valid()) == ("key", None, (first.new,))
    world.now += MONTH - timedelta(seconds=1)
    assert rotation.rotate_if_due() is None
    world.now += timedelta(seconds=1)
    second = asyncio.run(rotation.arotate_if_due())
    assert second is not None
    assert second.old == first.new != second.new
    assert world.told == [(how, what) for what in (first, second) for how in ("plain", "awaited")]
    signed_before = Signer(first.new.reveal()).sign("x")
    world.now += HOUR - timedelta(seconds=1)
    assert rotation.valid() == asyncio.run(rotation.avalid()) == (second.new, first.new)
    assert Signer([key.reveal() for key in rotation.valid()]).unsign(signed_before) == "x"
    world.now += timedelta(seconds=1)
    assert rotation.valid() == (second.new,)


def test_another_process_sees_the_new_value_when_it_asks_whether_it_is_time(world: World) -> None:
    world.rotation().rotate()
    other = Secrets([world.file], now=lambda: world.now)
    theirs = Rotation(other, "key", every=MONTH, grace=HOUR, now=lambda: world.now)
    assert not theirs.due()
    world.now += MONTH
    assert theirs.due()
    new = world.rotation().rotate().new
    assert not theirs.due()
    assert other.get("key") == new


def test_if_one_who_goes_before_fails_the_value_stays(world: World) -> None:
    first = world.rotation().rotate()
    with pytest.raises(ConnectionError):
        world.rotation(before=[world.hook, world.broken], after=[world.ahook]).rotate()
    assert world.secrets.get("key") == first.new
    assert [how for how, _ in world.told] == ["plain"]


def test_if_one_who_comes_after_fails_the_others_are_told_all_the_same(world: World) -> None:
    with pytest.raises(ExceptionGroup, match="key was replaced, but not all could be told") as caught:
        world.rotation(after=[world.broken, world.hook], make=lambda: "t0ps3cret").rotate()
    assert [type(error) for error in caught.value.exceptions] == [ConnectionError]
    assert world.told[0][1].new == world.secrets.get("key") == Secret("t0ps3cret")
    assert "t0ps3cret" not in f"{caught.value!r} {world.told!r}"


def test_it_works_beneath_an_event_loop_too(world: World) -> None:
    rotated = asyncio.run(run(world.rotation(after=[world.ahook]).rotate))
    assert world.told == [("awaited", rotated)]


def test_what_cannot_be_kept_or_has_no_age_is_not_replaced_by_itself() -> None:
    rotation = Rotation(Secrets([Environment("", {"KEY": "x"})]), "key", every=MONTH, grace=HOUR)
    assert not rotation.due()
    with pytest.raises(SecretsReadOnly):
        rotation.rotate()


def test_a_policy_that_makes_no_sense_is_refused() -> None:
    secrets = Secrets([Environment()])
    for every, grace in ((HOUR, HOUR), (HOUR, MONTH), (HOUR, timedelta(0))):
        with pytest.raises(ValueError, match="grace time"):
            Rotation(secrets, "key", every=every, grace=grace)
