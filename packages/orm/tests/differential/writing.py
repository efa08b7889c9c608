"""Makes random chains that write: many rows at once, rows of relations, rows that may be there, deletions with what depends on them."""

import random
from typing import Any

from differential.expressions import FIELDS, MANY, Maker, e, f

__all__ = ("written",)

_KEYS = {"Album": 15, "Person": 12, "Track": 30, "Review": 24, "Genre": 6, "Credit": 24, "Sleeve": 6, "Critic": 4}
_NEW = 900  # keys from here on are of new rows: where a database counts depends on what was undone before
_NEEDED: dict[str, dict[str, Any]] = {
    "Album": {"artist_id": 1, "title": "New", "price": e("Decimal", "3.5")},
    "Person": {"name": "New", "age": 8},
    "Track": {"album_id": 3, "number": 9, "name": "New"},
    "Review": {"stars": 3, "text": "New"},
    "Genre": {"name": "New"},
    "Credit": {"album_id": 1, "person_id": 2, "role": "New"},
}
_OWN_KEY = {"albums": "artist_id", "credits": "album_id", "tracks": "album_id"}


def written(seed: int) -> dict[str, Any]:
    """Return the chain of writes that belongs to a number."""
    return _Writes(random.Random(seed)).made()


class _Writes:
    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.model = dice.choice(("Album", "Album", "Person", "Track", "Review", "Genre", "Credit"))
        self.maker = Maker(dice)
        self.last = _NEW

    def made(self) -> dict[str, Any]:
        dice = self.dice
        steps = [
            [dice.choice(("filter", "filter", "exclude")), [self.maker.condition(self.model, 2, {})], {}]
            for _ in range(dice.choice((0, 1, 1, 2)))
        ]
        kinds = ["bulk_create", "bulk_update", "update", "delete", "or_create", "or_create"]
        kinds += ["related"] * 3 if self.model in MANY else []
        calls = [getattr(self, f"call_{dice.choice(kinds)}")() for _ in range(dice.randint(1, 3))]
        return {
            "model": self.model,
            "steps": steps,
            "end": ["calls", calls, {}],
            "ordered": False,
            "dumped": list(FIELDS),
        }

    def key(self, model: str) -> int:
        return self.dice.randint(1, _KEYS[model])

    def new(self, model: str, **values: Any) -> dict[str, Any]:
        """Return values of a new row, or of one that is there already."""
        self.last += 1
        made = {**_NEEDED[model], "id": self.last}
        if model == "Track":
            made |= {"album_id": self.dice.randint(1, 12), "number": self.dice.randint(1, 4)}
        elif self.dice.random() < 0.3:
            made["id"] = self.key(model)
        kind = self.dice.choice(("int", "text"))
        names = [name for name, of in FIELDS[model].items() if of == kind and name not in ("id", "number")]
        if names:
            made[self.dice.choice(names)] = self.maker.value(kind)
        return {**made, **values}

    # -- calls: what they are made on, the name, positional and keyword arguments ------------------------------------

    def call_bulk_create(self) -> list[Any]:
        dice = self.dice
        rows = [e("new", self.model, self.new(self.model)) for _ in range(dice.randint(1, 4))]
        options: dict[str, Any] = {}
        roll = dice.random()
        if roll < 0.3:
            options["ignore_conflicts"] = True
        elif roll < 0.7:
            names = [name for name, kind in FIELDS[self.model].items() if kind == "text"]
            options = {"update_conflicts": True, "update_fields": dice.sample(names, 1)}
            options["unique_fields"] = ["album", "number"] if self.model == "Track" else ["id"]
        if dice.random() < 0.3:
            options["batch_size"] = 2
        return [None, None, "bulk_create", [rows], options]

    def call_bulk_update(self) -> list[Any]:
        dice = self.dice
        kinds = {
            name: kind
            for name, kind in FIELDS[self.model].items()
            if kind in ("int", "text", "decimal", "date", "bool")
        }
        names = sorted(kinds.keys() - {"id", "number"})
        chosen = dice.sample(names, min(len(names), dice.randint(1, 2)))
        values = []
        for name in chosen:
            kind = kinds[name]
            value = self.maker.value(kind) if dice.random() < 0.7 else None
            if kind == "int" and dice.random() < 0.4:
                value = e(dice.choice("+-"), f(name), self.maker.value("int"))
            elif value is None and (name not in ("nick", "age", "born", "price", "year", "role", "stars", "day")):
                value = self.maker.value(kind)
            values.append(value)
        return [None, None, "bulk_update", [chosen, values], {"batch_size": 3} if dice.random() < 0.4 else {}]

    def call_update(self) -> list[Any]:
        return [None, None, "update", [], self.maker.changes(self.model)]

    def call_delete(self) -> list[Any]:
        return [None, None, "delete", [], {}]

    def call_or_create(self) -> list[Any]:
        return [None, None, *self._or_create(self.model)]

    def _or_create(self, model: str) -> list[Any]:
        dice = self.dice
        new = self.new(model)
        lookups: dict[str, Any] = {"id": dice.choice((new["id"], self.key(model)))}
        if dice.random() < 0.3:
            name = dice.choice([name for name, kind in FIELDS[model].items() if kind == "text"])
            lookups[f"{name}__iexact"] = self.maker.value("text")
        named: dict[str, Any] = {"defaults": new, **lookups}
        method = dice.choice(("get_or_create", "update_or_create", "update_or_create"))
        if method == "update_or_create":
            named["defaults"] = {name: value for name, value in new.items() if name not in ("id", "album_id", "number")}
            named["create_defaults"] = new
        return [method, [], named]

    def call_related(self) -> list[Any]:
        dice = self.dice
        accessor, model = dice.choice(sorted(MANY[self.model].items()))
        on = self.key(self.model)
        between = accessor in ("genres", "players", "played") or (self.model == "Genre" and accessor == "albums")
        through = {"through_defaults": {"id": self.last + 500}} if accessor in ("players", "played") else {}
        method = dice.choice(("add", "add", "create", "or_create", "remove", "clear", "set"))
        several = 1 if through else dice.randint(0, 3)
        rows = [e("row", model, self.key(model)) for _ in range(several)]
        if method == "add":
            return [on, accessor, "add", rows, through]
        if method == "create":
            return [on, accessor, "create", [], {**self._created(model, accessor, between=between), **through}]
        if method == "or_create":
            name, arguments, named = self._or_create(model)
            for part in ("defaults", "create_defaults"):
                named.get(part, {}).pop("" if between else _OWN_KEY.get(accessor, ""), None)
            return [on, accessor, name, arguments, {**named, **through}]
        if method == "clear":
            return [on, accessor, "clear", [], {}]
        if method == "remove":
            return [on, accessor, "remove", rows, {}]
        return [on, accessor, "set", [rows], {**({"clear": True} if dice.random() < 0.3 else {}), **through}]

    def _created(self, model: str, accessor: str, *, between: bool) -> dict[str, Any]:
        made = self.new(model)
        if not between:
            made.pop(_OWN_KEY.get(accessor, ""), None)
        return made
