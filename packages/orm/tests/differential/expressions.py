"""Makes random look-ups, conditions and expressions over the models of the comparison."""

import random
from typing import Any

__all__ = ("FIELDS", "MANY", "ONE", "Maker", "e", "f")

FIELDS: dict[str, dict[str, str]] = {
    "Person": {"id": "int", "name": "text", "nick": "text", "age": "int", "born": "date"},
    "Critic": {"id": "int", "name": "text", "nick": "text", "age": "int", "born": "date", "strict": "bool", "paper": "text"},
    "Genre": {"id": "int", "name": "text"},
    "Album": {
        "id": "int", "title": "text", "price": "decimal", "year": "int", "rating": "float", "released": "moment", "live": "bool",
        "data": "json",
    },
    "Credit": {"id": "int", "role": "text"},
    "Track": {"id": "int", "number": "int", "name": "text", "length": "span"},
    "Sleeve": {"id": "int", "colour": "text"},
    "Review": {"id": "int", "stars": "int", "text": "text", "day": "date"},
}  # fmt: skip
ONE: dict[str, dict[str, str]] = {
    "Person": {"boss": "Person", "critic": "Critic"},
    "Critic": {"boss": "Person"},
    "Genre": {"parent": "Genre"},
    "Album": {"artist": "Person", "producer": "Person", "sleeve": "Sleeve"},
    "Credit": {"album": "Album", "person": "Person"},
    "Track": {"album": "Album"},
    "Sleeve": {"album": "Album"},
    "Review": {"album": "Album", "critic": "Critic"},
}
_OF_PEOPLE = {"staff": "Person", "albums": "Album", "produced": "Album", "played": "Album", "credits": "Credit"}
MANY: dict[str, dict[str, str]] = {
    "Person": _OF_PEOPLE,
    "Critic": {**_OF_PEOPLE, "reviews": "Review"},
    "Genre": {"children": "Genre", "albums": "Album"},
    "Album": {"genres": "Genre", "players": "Person", "credits": "Credit", "tracks": "Track", "reviews": "Review"},
}
REVERSED_NAMES = {"albums": "album", "children": "children"}
Kinds = dict[str, str]


def e(kind: str, /, *arguments: Any, **named: Any) -> dict[str, Any]:
    """Return a description of a call."""
    return {"$": kind, "a": list(arguments), "k": named}


def f(name: str) -> dict[str, Any]:
    """Return a description of a column."""
    return e("F", name)


class Maker:
    """Makes parts of queries.

    Args:
        dice: Where all choices come from.
    """

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.many = True  # whether relations to many rows may be followed
        self.empty = True  # whether lists may be empty

    def count(self, most: int) -> int:
        """Return how long a list is."""
        return self.dice.randint(0 if self.empty else 1, most)

    # -- paths and values -----------------------------------------------------------------------------------------

    def walk(self, model: str, most: int, many: bool) -> tuple[list[str], str]:
        """Return the names of some relations one after the other, and the model at their end."""
        path: list[str] = []
        for _ in range(self.dice.choice((0, 0, 1, 1, 2, 3)[: most + 3])):
            relations = sorted({**ONE.get(model, {}), **(MANY.get(model, {}) if many and self.many else {})}.items())
            if not relations:
                break
            name, model = self.dice.choice(relations)
            path.append(name)
        return path, model

    def is_many(self, model: str, path: list[str]) -> bool:
        """Return whether names of relations lead to many rows."""
        for name in path:
            if name not in ONE.get(model, {}):
                return True
            model = ONE[model][name]
        return False

    def local(self, model: str, kind: str) -> str:
        """Return a column of the model of this kind, or its key."""
        names = [name for name, of in FIELDS[model].items() if of == kind]
        return self.dice.choice(names or ["id"])

    def path(self, model: str, kind: str, *, many: bool, exact: bool = False) -> str:
        """Return a column of this kind here or across relations; with ``exact`` never another kind."""
        for _ in range(12):
            path, target = self.walk(model, 3, many)
            names = [name for name, of in FIELDS[target].items() if of == kind]
            if names:
                return "__".join([*path, self.dice.choice(names)])
        return "" if exact else "id"

    def value(self, kind: str) -> Any:
        """Return a value like those that are there."""
        dice = self.dice
        if kind == "int":
            return dice.choice((0, 1, 2, 3, 5, 7, 30, 41, 1977))
        if kind == "text":
            return dice.choice(("Blue", "blue", "", "Ann", "b", "Low", "%", "_", "Red", "Ünder", "x'y", "o", "\\"))
        if kind == "decimal":
            return e("Decimal", dice.choice(("0", "7.05", "9.90", "10", "12.5")))
        if kind == "float":
            return dice.choice((0.0, 1.5, 2.25, -1.0, 3.0))
        if kind == "bool":
            return dice.random() < 0.5
        if kind == "date":
            return e("date", dice.choice(("1950-01-01", "1950-03-01", "1951-02-05", "1971-11-28", "2004-10-04")))
        if kind == "moment":
            return e(
                "datetime",
                dice.choice(
                    ("1959-08-17T12:30:15.250000+00:00", "1959-08-18T00:00:00+00:00", "1970-01-01T00:00:00+00:00")
                ),
            )
        if kind == "span":
            return e("timedelta", dice.choice((0, 61, 180, 3605)))
        return dice.choice((1, "x", [], {"a": None}, True))

    # -- conditions -----------------------------------------------------------------------------------------------

    def lookup(self, model: str, named: Kinds, *, json: bool = False) -> tuple[str, Any]:
        """Return one look-up and its value."""
        dice = self.dice
        roll = dice.random()
        if named and roll < 0.35:
            name = dice.choice(sorted(named))
            return self.of_kind(name, named[name], model, plain=True)
        if roll < 0.45:
            path, target = self.walk(model, 2, True)
            if path:
                choice = dice.random()
                if choice < 0.4 and not self.is_many(model, path):
                    return f"{'__'.join(path)}__isnull", dice.random() < 0.5
                if choice < 0.6:
                    return "__".join(path), dice.randint(1, 6)
                if choice < 0.8:
                    return f"{'__'.join(path)}__in", [dice.randint(1, 6) for _ in range(self.count(3))]
                rows = {"$": "rows", "model": target, "steps": [["filter", [self.condition(target, 1, {})], {}]]}
                if dice.random() < 0.3:
                    rows["steps"] += [["order_by", ["-pk"], {}], ["[]", [e("slice", None, 3)], {}]]
                return f"{'__'.join(path)}__in", rows
        kind = dice.choice(("int", "int", "text", "text", "decimal", "float", "bool", "date", "moment", "span", "json"))
        kind = "int" if kind == "json" and not json else kind
        name = self.path(model, kind, many=True, exact=True)
        if not name:
            name, kind = "id", "int"
        return self.of_kind(name, kind, model)

    def of_kind(self, name: str, kind: str, model: str, plain: bool = False) -> tuple[str, Any]:
        """Return a look-up that suits a kind of column."""
        dice = self.dice
        value = self.value(kind)
        if dice.random() < 0.15 and ("__" not in name or not self.is_many(model, name.split("__")[:-1])):
            return f"{name}__isnull", dice.random() < 0.5
        if kind == "bool":
            return name, value
        if kind == "json":
            lookup = dice.choice(
                ("", "__a", "__a__isnull", "__has_key", "__c__d__0", "__b", "__a__in", "__0", "__b__icontains")
            )
            if lookup == "__a__in":
                return name + lookup, [1, 2, "x"]
            if lookup == "__a__isnull":
                return name + lookup, dice.random() < 0.5
            if lookup in ("__has_key", "__b__icontains"):
                return name + lookup, dice.choice(("a", "x", "c"))
            return name + lookup, value
        if dice.random() < 0.15 and not plain and "__" not in name and kind in ("int", "text", "date", "decimal"):
            return f"{name}{dice.choice(('', '__gt', '__lte'))}", f(self.local(model, kind))
        if kind == "text":
            lookup = dice.choice(("", "iexact", "contains", "icontains", "startswith", "istartswith", "endswith", "iendswith",
                                  "gt", "lte", "in", "regex", "iregex", "length"))  # fmt: skip
            if lookup == "length":
                lookup = "in"
            if lookup in ("regex", "iregex"):
                return f"{name}__{lookup}", dice.choice(("^B", "o+", "[a-l]$", "^$", "x'"))
            if lookup == "in":
                return f"{name}__in", [self.value(kind) for _ in range(self.count(3))] + (
                    [None] if dice.random() < 0.2 else []
                )
            return f"{name}__{lookup}" if lookup else name, value
        if kind in ("date", "moment") and dice.random() < 0.4:
            lookup = dice.choice(
                ("year", "month", "day", "year__gt", "week_day", "quarter", "iso_year", "year__in", "week")
            )
            number = dice.choice((1, 2, 3, 8, 17, 1950, 1959))
            return f"{name}__{lookup}", [number, 1959] if lookup == "year__in" else number
        if kind == "moment" and dice.random() < 0.3:
            lookup = dice.choice(("date", "hour", "minute", "time", "second"))
            if lookup in ("date", "time"):
                return f"{name}__{lookup}", e("date", "1959-08-17") if lookup == "date" else e(
                    "time", "12:30:15.250000"
                )
            return f"{name}__{lookup}__gte", dice.choice((0, 12, 15, 30))
        lookup = dice.choice(("", "", "gt", "gte", "lt", "lte", "in", "range"))
        if lookup == "in":
            return f"{name}__in", [self.value(kind) for _ in range(self.count(4))]
        if lookup == "range":
            return f"{name}__range", [value, self.value(kind)]
        return f"{name}__{lookup}" if lookup else name, value

    def condition(self, model: str, depth: int, named: Kinds) -> dict[str, Any]:
        """Return a condition: look-ups put together, queries within."""
        dice = self.dice
        roll = dice.random()
        if depth <= 0 or roll < 0.4:
            name, value = self.lookup(model, named)
            return e("Q", **{name: value})
        if roll < 0.6:
            kind = dice.choice("&&||^")
            if kind == "^":  # over relations Django joins so that rows are lost
                sides = [e("Q", **dict([self.of_kind(self.local(model, "int"), "int", model)])) for _ in range(2)]
                return e(kind, *sides)
            return e(kind, self.condition(model, depth - 1, named), self.condition(model, depth - 1, named))
        if roll < 0.75:
            return e("~", self.condition(model, depth - 1, {}))
        if roll < 0.85:
            pairs = dict(self.lookup(model, named) for _ in range(2))
            return e("Q", **pairs)
        return self.exists(model)

    def child(self, model: str) -> tuple[str, str]:
        """Return a model that refers to this one, and by which name."""
        found = [
            (other, name)
            for other, names in sorted(ONE.items())
            for name, target in sorted(names.items())
            if target == model and name not in ("sleeve", "critic")
        ]
        return self.dice.choice(found) if found else (model, "pk")

    def exists(self, model: str) -> dict[str, Any]:
        """Return whether rows that refer to this one meet a condition."""
        other, name = self.child(model)
        steps: list[Any] = [["filter", [], {name: e("OuterRef", "pk")}]]
        if self.dice.random() < 0.6:
            steps.append([self.dice.choice(("filter", "exclude")), [self.condition(other, 1, {})], {}])
        made = e("Exists", {"$": "rows", "model": other, "steps": steps})
        return e("~", made) if self.dice.random() < 0.3 else made

    # -- expressions ----------------------------------------------------------------------------------------------

    def subquery(self, kind: str, model: str) -> dict[str, Any]:
        """Return one value of the rows that refer to this one."""
        other, name = self.child(model)
        steps: list[Any] = [["filter", [], {name: e("OuterRef", "pk")}]]
        if kind == "int" and self.dice.random() < 0.4 and "__" not in name:
            steps += [
                ["order_by", [], {}],
                ["values", [name], {}],
                ["annotate", [], {"c": e("Count", "pk")}],
                ["values", ["c"], {}],
            ]
        else:
            steps += [["order_by", [f"{self.dice.choice(('', '-'))}pk"], {}], ["values", [self.local(other, kind)], {}]]
            steps.append(["[]", [e("slice", None, 1)], {}])
        return e("Subquery", {"$": "rows", "model": other, "steps": steps})

    def expression(self, kind: str, model: str, depth: int, named: Kinds) -> dict[str, Any]:
        """Return an expression of a kind."""
        dice = self.dice
        own = [name for name, of in named.items() if of == kind]
        if own and dice.random() < 0.3:
            return f(dice.choice(own))
        if depth <= 0 or dice.random() < 0.25:
            name = self.path(model, kind, many=dice.random() < 0.25, exact=True)
            if name and dice.random() < 0.8:
                return f(name)
            return e("Value", self.value(kind), **({"output_field": e("CharField")} if kind == "text" else {}))

        def inner() -> dict[str, Any]:
            return self.expression(kind, model, depth - 1, named)

        roll = dice.random()
        if roll < 0.2:
            default = {"default": inner()} if dice.random() < 0.7 else {}
            whens = [e("When", self.condition(model, 1, {}), then=inner()) for _ in range(dice.randint(1, 2))]
            return e("Case", *whens, **default, output_field=self.output(kind))
        if roll < 0.35:
            return e("Coalesce", inner(), inner(), output_field=self.output(kind))
        if roll < 0.45 and kind in ("int", "text"):
            return e("Subquery", queryset=self.subquery(kind, model)["a"][0], output_field=self.output(kind))
        if kind == "int":
            choice = dice.randint(0, 4)
            if choice == 0:
                return e("Length", self.expression("text", model, depth - 1, named))
            if choice == 1:
                name = self.path(model, "date", many=False, exact=True)
                return e("ExtractYear", f(name)) if name else e("Value", 3)
            if choice == 2:
                return e("Abs", inner())
            return e(dice.choice("+-*"), inner(), inner())
        if kind == "text":
            choice = dice.randint(0, 6)
            if choice == 0:
                return e(dice.choice(("Upper", "Lower", "Trim", "Reverse")), inner())
            if choice == 1:
                return e(
                    "Concat", inner(), e("Value", dice.choice(("-", "%", "'"))), inner(), output_field=e("CharField")
                )
            if choice == 2:
                return e("Substr", inner(), dice.randint(1, 3), dice.choice((None, 1, 4)))
            if choice == 3:
                return e(dice.choice(("Left", "Right")), inner(), dice.randint(1, 3))
            if choice == 4:
                return e("Replace", inner(), e("Value", "o"), e("Value", "%s"))
            if choice == 5:
                return e(
                    "Cast", self.expression("int", model, depth - 1, named), output_field=e("CharField", max_length=20)
                )
            return e("NullIf", inner(), e("Value", "Blue"))
        if kind == "bool":
            choice = dice.randint(0, 2)
            if choice == 0:
                return self.exists(model)
            return e("ExpressionWrapper", self.condition(model, 1, {}), output_field=e("BooleanField"))
        if kind == "decimal":
            return e("ExpressionWrapper", e(dice.choice("+-*"), inner(), inner()), output_field=self.output(kind))
        if kind == "float":
            return e(dice.choice("+-*"), inner(), inner())
        if kind == "date":
            name = self.path(model, "moment", many=False, exact=True)
            if name and dice.random() < 0.5:
                return e(dice.choice(("TruncDate",)), f(name))
            name = self.path(model, "date", many=False, exact=True)
            return e("Cast", e("TruncMonth", f(name)), output_field=e("DateField")) if name else inner()
        return inner()

    def output(self, kind: str) -> dict[str, Any]:
        """Return the field that an expression of a kind gives."""
        return {
            "int": e("IntegerField"),
            "text": e("CharField"),
            "bool": e("BooleanField"),
            "decimal": e("DecimalField", max_digits=30, decimal_places=12),
            "float": e("FloatField"),
            "date": e("DateField"),
        }[kind]

    def aggregate(self, model: str, named: Kinds) -> tuple[str, dict[str, Any]]:
        """Return a kind and an aggregate."""
        dice = self.dice
        options: dict[str, Any] = {}
        if dice.random() < 0.3:
            self.empty = False  # where a filter never holds, Django takes all aggregates for empty
            options["filter"] = self.condition(model, 1, {})
            self.empty = True
        roll = dice.random()
        if roll < 0.4:
            path, _ = self.walk(model, 2, True)
            if dice.random() < 0.4:
                options["distinct"] = True
            return "int", e(
                "Count",
                "__".join(path) or dice.choice(("pk", "*")) if "distinct" not in options else "__".join(path) or "pk",
                **options,
            )
        kind = dice.choice(("int", "decimal", "float", "text", "date"))
        name = self.path(model, kind, many=True, exact=True)
        if not name:
            kind, name = "int", "id"
        own = [alias for alias, of in named.items() if of == kind]
        if own and dice.random() < 0.4:
            name = dice.choice(own)
        if dice.random() < 0.2:
            options["default"] = e("Value", self.value(kind), output_field=self.output(kind))
        if kind in ("text", "date"):
            return kind, e(dice.choice(("Min", "Max")), name, **options)
        which = dice.choice(("Sum", "Sum", "Avg", "Min", "Max"))
        if name.endswith("id"):  # the sum of keys is a decimal in Django
            which = "Max"
        source: Any = name
        if dice.random() < 0.2:
            source = e("+", f(name), e("Value", self.value(kind)))
            if kind == "decimal":
                source = e("ExpressionWrapper", source, output_field=self.output(kind))
        if which == "Sum" and dice.random() < 0.15:
            options["distinct"] = True
        if which == "Avg":
            options.pop("default", None)
            return "float" if kind != "decimal" else "decimal", e(which, source, **options)
        return kind, e(which, source, **options)

    def window(self, model: str) -> tuple[str, dict[str, Any]]:
        """Return a kind and an expression over other rows."""
        dice = self.dice
        options: dict[str, Any] = {}
        if dice.random() < 0.7:
            options["partition_by"] = [f(self.path(model, dice.choice(("int", "text")), many=False))]
        options["order_by"] = [*([f"-{self.local(model, 'int')}"] if dice.random() < 0.5 else []), "pk"]
        which = dice.choice(
            ("RowNumber", "Rank", "DenseRank", "Sum", "Count", "Max", "Lag", "Lead", "FirstValue", "Ntile")
        )
        name = self.path(model, "int", many=False)
        if which == "Sum" and name.endswith("id"):
            which = "Max"
        if which in ("RowNumber", "Rank", "DenseRank"):
            made = e(which)
        elif which == "Ntile":
            made = e("Ntile", num_buckets=3)
        elif which in ("Lag", "Lead"):
            made = e(which, name, offset=dice.randint(1, 2), **({"default": 0} if dice.random() < 0.5 else {}))
        else:
            made = e(which, name)
        return "int", e("Window", made, **options)

    def changes(self, model: str) -> dict[str, Any]:
        """Return what an update writes."""
        dice = self.dice
        name = dice.choice(
            [name for name, kind in FIELDS[model].items() if name != "id" and kind in ("int", "text", "decimal")]
        )
        kind = FIELDS[model][name]
        if (model, name) == ("Track", "number"):
            return {"name": self.value("text")}
        roll = dice.random()
        if roll < 0.3:
            return {name: self.value(kind)}
        if kind == "decimal":
            return {name: e("+", f(name), self.value(kind))}
        if roll < 0.5:
            return {
                name: e(
                    "Coalesce", self.subquery(kind, model), e("Value", self.value(kind), output_field=self.output(kind))
                )
            }
        return {
            name: e(
                "Coalesce",
                self.local_expression(kind, model),
                e("Value", self.value(kind), output_field=self.output(kind)),
            )
        }

    def local_expression(self, kind: str, model: str) -> dict[str, Any]:
        """Return an expression over this model's own columns."""
        names = [name for name, of in FIELDS[model].items() if of == kind and name != "id"]
        column = f(self.dice.choice(names or ["id"]))
        if kind == "int":
            return e(self.dice.choice("+-*"), column, self.value("int"))
        condition = e("Q", **{f"{self.local(model, 'int')}__gt": self.value("int")})
        return e("Case", e("When", condition, then=e("Upper", column)), default=column, output_field=self.output(kind))
