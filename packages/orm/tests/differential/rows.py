"""The rows of the comparison: the same on both sides, with nulls, equal texts and rows that nothing refers to."""

import datetime as dt
import random
from decimal import Decimal
from typing import Any

__all__ = ("ORDER", "fill", "rows")

ORDER = ("Person", "Critic", "Genre", "Album", "Credit", "Track", "Sleeve", "Review")
_NAMES = ("Ann", "bob", "Cé", "Ann", "", "Zoë", "a_b", "50%", "Bob", "d'Or", "Eve", "\\x")
_WORDS = ("Blue", "blue", "Low", "", "Heroes", "So What", "50% off", "a_b", "Ünder", "Low", "x'y", "Red")


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return the values of all rows by model, with keys."""
    dice = random.Random(4)

    def maybe(value: Any, share: float = 0.3) -> Any:
        return None if dice.random() < share else value

    day = dt.date(1950, 1, 1)
    people = [
        {
            "id": key,
            "name": name,
            "nick": maybe(dice.choice(_NAMES)),
            "age": maybe(dice.choice((0, 7, 30, 30, 41, 77))),
            "born": maybe(day + dt.timedelta(days=dice.choice((0, 59, 400, 8000, 20000)))),
            "boss_id": None,
        }
        for key, name in enumerate(_NAMES, 1)
    ]
    for person in people[4:]:
        person["boss_id"] = maybe(dice.randint(1, 4))
    critics = [
        {**person, "person_ptr_id": person["id"], "strict": bool(i % 2), "paper": dice.choice(_WORDS)}
        for i, person in enumerate(people[:4])
    ]
    genres = [
        {"id": key, "name": name, "parent_id": None if key < 3 else key // 2}
        for key, name in enumerate(("Jazz", "Rock", "Modal", "Pop", "Ünder", "Noise"), 1)
    ]
    moment = dt.datetime(1959, 8, 17, 12, 30, 15, 250000, tzinfo=dt.UTC)
    albums = [
        {
            "id": key,
            "title": dice.choice(_WORDS),
            "artist_id": dice.choice((1, 1, 2, 3, 5, 6, 9)),
            "producer_id": maybe(dice.choice((1, 2, 2, 7, 8)), 0.4),
            "price": maybe(dice.choice((Decimal("0.00"), Decimal("9.90"), Decimal("12.50"), Decimal("7.05")))),
            "year": maybe(dice.choice((1959, 1970, 1977, 1977, 2001))),
            "rating": maybe(dice.choice((0.0, 1.5, 2.25, 4.75, -1.0))),
            "released": maybe(moment + dt.timedelta(days=dice.choice((0, 1, 31, 4000)), hours=dice.randint(0, 20))),
            "live": dice.random() < 0.4,
            "data": maybe(dice.choice(({"a": 1, "b": "x"}, {"a": None}, {"c": {"d": [1, 2]}}, [], "x", 5, True)), 0.3),
        }
        for key in range(1, 16)
    ]
    credits_ = [
        {
            "id": key,
            "album_id": dice.randint(1, 12),
            "person_id": dice.randint(1, 9),
            "role": maybe(dice.choice(_WORDS)),
        }
        for key in range(1, 25)
    ]
    tracks = [
        {
            "id": key,
            "album_id": 1 + key % 11,
            "number": 1 + key // 11,
            "name": dice.choice(_WORDS),
            "length": maybe(
                dt.timedelta(seconds=dice.choice((0, 61, 180, 180, 3605)), microseconds=dice.choice((0, 5)))
            ),
        }
        for key in range(1, 31)
    ]
    sleeves = [
        {"id": key, "album_id": key * 2, "colour": maybe(dice.choice(("red", "Red", "", "blue")))}
        for key in range(1, 7)
    ]
    reviews = [
        {
            "id": key,
            "album_id": maybe(dice.randint(1, 10), 0.15),
            "critic_id": maybe(dice.randint(1, 4)),
            "stars": maybe(dice.randint(0, 5)),
            "text": dice.choice(_WORDS),
            "day": maybe(day + dt.timedelta(days=dice.choice((0, 31, 365, 20000)))),
        }
        for key in range(1, 25)
    ]
    return {
        "Person": people[4:],
        "Critic": critics,
        "Genre": genres,
        "Album": albums,
        "Credit": credits_,
        "Track": tracks,
        "Sleeve": sleeves,
        "Review": reviews,
    }


def fill(models: Any) -> None:
    """Write all rows."""
    found = rows()
    for values in found["Critic"]:
        models.Critic(**values).save(force_insert=True)
    for name in ORDER:
        if name != "Critic":
            model = getattr(models, name)
            model.objects.bulk_create([model(**values) for values in found[name]])
    for album in models.Album.objects.order_by("pk"):
        album.genres.set([key for key in range(1, 6) if (album.pk * key) % 4 == 1])
