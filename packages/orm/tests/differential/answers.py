"""Runs chains of calls, which are data, on either side, and tells what came of them in a form that can be compared."""

import datetime as dt
import math
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

__all__ = ("Side",)

_PLAIN: dict[str, Callable[..., Any]] = {
    "date": dt.date.fromisoformat,
    "datetime": dt.datetime.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda seconds: dt.timedelta(seconds=seconds),
    "Decimal": Decimal,
    "tuple": lambda *items: items,
    "slice": slice,
}


class Side:
    """One of the two that are compared.

    Args:
        models: The models by name.
        names: What expressions are made of, by name.
        atomic: Makes a transaction.
        undo: Says that the current transaction shall not last.
        refusals: What a chain may raise; anything else ends the run.
        missing: What is raised where a relation has no row.
    """

    def __init__(
        self,
        models: SimpleNamespace,
        names: Callable[[str], Any],
        atomic: Callable[[], AbstractContextManager[Any]],
        undo: Callable[[], None],
        refusals: tuple[type[Exception], ...],
        missing: type[Exception],
    ) -> None:
        self.models = models
        self.names = names
        self.atomic = atomic
        self.undo = undo
        self.refusals = refusals
        self.missing = missing

    def made(self, given: Any) -> Any:
        """Make what was described: expressions, querysets, plain values."""
        if isinstance(given, list):
            return [self.made(item) for item in given]
        if not isinstance(given, dict):
            return given
        if "$" not in given:
            return {name: self.made(value) for name, value in given.items()}
        kind = given["$"]
        if kind == "rows":
            return self.rows(given)
        arguments = [self.made(item) for item in given.get("a", ())]
        if kind in _PLAIN:
            return _PLAIN[kind](*arguments)
        if kind in ("&", "|", "^"):
            left, right = arguments
            return left & right if kind == "&" else left | right if kind == "|" else left ^ right
        if kind in ("+", "-", "*", "/", "%"):
            left, right = arguments
            return {
                "+": lambda: left + right,
                "-": lambda: left - right,
                "*": lambda: left * right,
                "/": lambda: left / right,
                "%": lambda: left % right,
            }[kind]()
        if kind == "~":
            return ~arguments[0]
        if kind in ("asc", "desc"):
            return getattr(arguments[0], kind)(**given.get("k", {}))
        if kind == "model":
            return getattr(self.models, given["a"][0])
        if kind == "new":
            return getattr(self.models, given["a"][0])(**arguments[1])
        if kind == "row":
            return getattr(self.models, given["a"][0]).objects.get(pk=arguments[1])
        return self.names(kind)(*arguments, **{name: self.made(value) for name, value in given.get("k", {}).items()})

    def rows(self, given: Mapping[str, Any]) -> Any:
        """Return the queryset of a chain."""
        found = getattr(self.models, given["model"]).objects.all()
        for name, arguments, named in given["steps"]:
            found = self.step(found, name, arguments, named)
        return found

    def step(self, found: Any, name: str, arguments: Any, named: Any) -> Any:
        """Make one call."""
        made = [self.made(item) for item in arguments]
        if name == "[]":
            return found[made[0]]
        if name in ("&", "|", "^"):
            return found & made[0] if name == "&" else found | made[0] if name == "|" else found ^ made[0]
        return getattr(found, name)(*made, **{key: self.made(value) for key, value in named.items()})

    def answer(self, chain: Mapping[str, Any]) -> Any:
        """Return what a chain gives: ``["rows", ...]``, ``["value", ...]``, or ``["error", name, text]``."""
        try:
            with self.atomic():
                try:
                    return self._answer(chain)
                finally:
                    self.undo()
        except self.refusals as error:
            return ["error", type(error).__name__, str(error)[:200]]

    def _answer(self, chain: Mapping[str, Any]) -> Any:
        found = self.rows(chain)
        name, arguments, named = chain["end"]
        if name == "calls":
            return ["written", [self._called(chain, *call) for call in arguments], self.dump(chain["dumped"])]
        if name == "list":
            rows = [plain(row) for row in found]
            return ["rows", rows if chain["ordered"] else sorted(rows, key=repr)]
        made = [self.made(item) for item in arguments]
        keywords = {key: self.made(value) for key, value in named.items()}
        if name == "prefetched":
            rows = [self._prefetched(row, named["names"]) for row in found]
            return ["rows", rows if chain["ordered"] else sorted(rows, key=repr)]
        if name == "iterated":
            rows = [plain(row) for row in found.iterator(chunk_size=3)]
            return ["rows", rows if chain["ordered"] else sorted(rows, key=repr)]
        if name == "related":
            known = [plain(row) for row in found]  # before anything that was deferred is asked for
            rows = [[one, *self._related(row, named["names"])] for one, row in zip(known, found, strict=True)]
            return ["rows", rows if chain["ordered"] else sorted(rows, key=repr)]
        given = getattr(found, name)(*made, **keywords)
        if name == "delete":
            given = [given[0], sorted(given[1].items())]
        if name in ("update", "delete"):
            return ["written", plain(given), self.dump(chain["dumped"])]
        if name == "in_bulk":
            rows = [[plain(key), plain(row)] for key, row in given.items()]
            return ["rows", rows if chain["ordered"] else sorted(rows, key=repr)]
        return ["value", plain(given)]

    def _called(self, chain: Mapping[str, Any], on: Any, accessor: Any, method: str, arguments: Any, named: Any) -> Any:
        """Make one call that writes, on the rows of the chain or on those related to one row."""
        if on is None:
            target = self.rows(chain)
        else:
            target = getattr(getattr(self.models, chain["model"]).objects.get(pk=on), accessor)
        made = [self.made(item) for item in arguments]
        keywords = {key: self.made(value) for key, value in named.items()}
        if method == "bulk_update":
            names, values = made
            rows = list(target.order_by("pk").distinct())
            for row in rows:
                for attribute, value in zip(names, values, strict=True):
                    setattr(row, attribute, value)
            return target.model.objects.bulk_update(rows, names, **keywords) if rows else 0
        given = getattr(target, method)(*made, **keywords)
        if method == "delete":
            return [given[0], sorted(given[1].items())]
        if method == "bulk_create":
            return len(given)
        if method.endswith("_or_create"):
            return [plain(given[0].pk), given[1]]
        return None if given is None else plain(given.pk if hasattr(given, "pk") else given)

    def _prefetched(self, row: Any, names: list[str]) -> Any:
        return [plain(row), *[[plain(one) for one in _all(getattr(row, name))] for name in names]]

    def _related(self, row: Any, names: list[str]) -> list[Any]:
        found = []
        for name in names:
            at = row
            for part in name.split("__"):
                try:
                    at = getattr(at, part) if at is not None else None
                except self.missing:
                    at = None
            found.append(plain(at))
        return found

    def dump(self, names: list[str]) -> Any:
        """Return all rows of models."""
        between = self.models.Album.genres.through.objects.order_by("album_id", "genre_id")
        return [
            *[
                [plain(row) for row in getattr(self.models, name).objects.order_by("pk").values_list()]
                for name in names
            ],
            [plain(row) for row in between.values_list("album_id", "genre_id")],
        ]


def _all(found: Any) -> list[Any]:
    return list(found.all()) if hasattr(found, "all") else list(found) if isinstance(found, list) else [found]


def plain(value: Any) -> Any:
    """Return a value as JSON that tells types apart, and rounds what two ways of adding could round."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return ["float", "nan" if math.isnan(value) else f"{value:.9g}" if value else "0"]
    if isinstance(value, Decimal):
        return ["decimal", f"{float(value):.9g}" if value else "0"]
    if isinstance(value, dt.datetime):
        return ["datetime", value.astimezone(dt.UTC).isoformat() if value.tzinfo else f"naive {value.isoformat()}"]
    if isinstance(value, (dt.date, dt.time)):
        return [type(value).__name__, value.isoformat()]
    if isinstance(value, dt.timedelta):
        return ["timedelta", repr(value / dt.timedelta(microseconds=1))]
    if isinstance(value, uuid.UUID):
        return ["uuid", str(value)]
    if isinstance(value, dict):
        return ["dict", [[key, plain(item)] for key, item in value.items()]]
    if isinstance(value, (list, tuple)):
        return ["list" if isinstance(value, list) else "tuple", [plain(item) for item in value]]
    if hasattr(value, "_meta"):
        deferred = sorted(value.get_deferred_fields())
        names = [field.attname for field in value._meta.fields if field.attname not in deferred]
        relations = {field.name for field in value._meta.get_fields()}
        others = sorted(
            name for name in value.__dict__ if not name.startswith("_") and name not in names and name not in relations
        )
        own = [[name, plain(value.__dict__[name])] for name in others if _is_plain(value.__dict__[name])]
        return ["row", type(value).__name__, [[name, plain(getattr(value, name))] for name in names], own, deferred]
    raise TypeError(f"{type(value).__name__} {value!r}")


def _is_plain(value: Any) -> bool:
    return not (hasattr(value, "all") or hasattr(value, "_meta") or isinstance(value, list))
