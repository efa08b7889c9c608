"""Keys made by the program: they follow their standard, grow, and are told apart in every database."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CASCADE, CharField, ForeignKey, Model, Registry
from partita.orm.patterns.identifiers import (
    SnowflakeField,
    Snowflakes,
    ULIDField,
    ULIDs,
    UUID7Field,
    UUID7s,
    snowflake_time,
    ulid,
    ulid_time,
    uuid7,
    uuid7_time,
)
from partita.validation import ValidationError

keys = Registry()


class Event(Model):
    """Has a UUID of version 7."""

    id = UUID7Field(primary_key=True)
    name = CharField(max_length=20)

    class Meta:
        registry = keys
        app_label = "keys"


class Letter(Model):
    """Has a ULID."""

    id = ULIDField(primary_key=True)
    event = ForeignKey(Event, CASCADE, null=True, related_name="letters")

    class Meta:
        registry = keys
        app_label = "keys"


class Post(Model):
    """Has a Snowflake."""

    id = SnowflakeField(primary_key=True, node=lambda: 7)

    class Meta:
        registry = keys
        app_label = "keys"


def test_the_example_of_the_standard() -> None:
    # RFC 9562, appendix A.6: 0x017F22E279B0 milliseconds, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    tail = 0xCC3 << 62 | 0x18C4DC0C0C07398F
    # the highest bit is drawn apart, so the example's tail is given in full by the stub
    made = UUID7s(lambda: 0x017F22E279B0, lambda count: tail)()
    assert str(made) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert made.variant == uuid.RFC_4122
    assert uuid7_time(made) == 1645557742.0
    with pytest.raises(ValueError, match="version 7"):
        uuid7_time(uuid.uuid4())


def test_a_ulid_of_a_known_time() -> None:
    # The specification's example of a time: 1469918176385 is 01ARYZ6S41
    made = ULIDs(lambda: 1469918176385, lambda count: 0)()
    assert made == "01ARYZ6S41" + "0" * 16
    assert ulid_time(made) == 1469918176.385
    with pytest.raises(ValidationError):
        ulid_time("01ARYZ6S41U000000000000000")  # no U in this alphabet


@pytest.mark.parametrize("make", [UUID7s, ULIDs, lambda clock: Snowflakes(1, clock)])
def test_keys_grow_even_if_the_clock_does_not(make: Callable[[Callable[[], int]], Callable[[], Any]]) -> None:
    times = iter([1_700_000_000_000] * 9000 + [1_699_999_999_000] * 500 + [1_700_000_001_000] * 500)
    new = make(lambda: next(times))
    made = [new() for _ in range(10_000)]
    assert made == sorted(set(made))


def test_threads_make_no_key_twice() -> None:
    found: list[Any] = []

    def work() -> None:
        own = [(uuid7(), ulid()) for _ in range(500)]
        found.extend(one for pair in own for one in pair)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 8000


def test_snowflakes_of_two_nodes_differ() -> None:
    one, other = Snowflakes(1, lambda: 1_700_000_000_000), Snowflakes(2, lambda: 1_700_000_000_000)
    assert one() != other()
    assert snowflake_time(one()) == 1_700_000_000.0
    assert 0 < one() < 2**63
    for node in (-1, 1024):
        with pytest.raises(ValueError, match="0 to 1023"):
            Snowflakes(node)


def test_rows_get_their_keys(tables: Callable[..., None], run: Any) -> None:
    tables(Event, Letter, Post)
    first = Event(name="first")
    assert first.pk is not None  # known before it is saved
    first.save()
    more = Event.objects.bulk_create([Event(name=f"e{number}") for number in range(5)])
    assert [event.pk for event in Event.objects.order_by("pk")] == [event.pk for event in (first, *more)]
    letter = Letter.objects.create(event=first)
    assert Letter.objects.get(pk=letter.pk.lower().upper()).event == first
    assert Letter.objects.get(pk=letter.pk.lower()) == letter
    assert Letter.objects.filter(pk__in=[letter.pk.lower().replace("0", "o"), "nothing"]).get() == letter
    assert Letter.objects.create(pk=ulid().lower()).pk  # kept in capitals
    assert Letter.objects.order_by("pk").values_list("pk", flat=True)[1].isupper()
    assert Event.objects.get(letters=letter) == first
    assert Letter._meta.pk.to_python(letter.pk.lower()) == letter.pk
    posts = [Post.objects.create() for _ in range(3)]
    assert [post.pk for post in posts] == sorted({post.pk for post in posts})
    assert (posts[0].pk >> 12) & 1023 == 7

    async def awaited() -> None:
        event = await Event.objects.acreate(name="awaited")
        assert (await Event.objects.aget(pk=event.pk)).name == "awaited"

    run(awaited())


def test_fields_are_made_again_from_their_parts() -> None:
    for field, path in (
        (UUID7Field(primary_key=True), "UUID7Field"),
        (ULIDField(primary_key=True), "ULIDField"),
        (SnowflakeField(primary_key=True, node=5), "SnowflakeField"),
        (Event._meta.pk, "UUID7Field"),
        (Letter._meta.pk, "ULIDField"),
    ):
        _, where, args, kwargs = field.deconstruct()
        assert where == f"partita.orm.patterns.identifiers.{path}"
        assert type(field)(*args, **kwargs).deconstruct()[1:] == field.deconstruct()[1:]
        assert kwargs.keys() <= {"primary_key", "node"}
