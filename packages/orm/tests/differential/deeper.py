"""Makes random queries of the kinds that go wrong only together: windows that choose rows, queries in queries in queries, sets of sets."""

import random
from collections.abc import Callable
from typing import Any

from differential.expressions import FIELDS, MANY, Maker, e, f

__all__ = ("deeper",)

Steps = list[list[Any]]
_WITH_CHILDREN = ("Album", "Person", "Genre")


def deeper(seed: int) -> dict[str, Any]:
    """Return the query that belongs to a number."""
    return _Deeper(random.Random(seed)).made()


class _Deeper:
    """What is known of a query while it is made."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.maker = Maker(dice)
        self.model = dice.choice(("Album", "Album", "Album", "Person", "Track", "Review", "Genre", "Credit"))
        self.steps: Steps = []
        self.columns: list[str] | None = None
        self.named: list[str] = []
        self.ends = ["list"] * 6 + ["count"] * 3 + ["exists"]

    def made(self) -> dict[str, Any]:
        kinds: list[Callable[[], None]] = [self.windows, self.merged, self.json, self.sets, self.filtered]
        kinds += [self.outer, self.outer, self.groups, self.groups, self.windows]
        self.dice.choice(kinds)()
        ordered = self.cut()
        end = self.dice.choice(self.ends)
        given = {"y": e("Count", "*"), "z": e("Max", "pk")} if end == "aggregate" else {}
        return {
            "model": self.model,
            "steps": self.steps,
            "end": [end, [], given],
            "ordered": ordered,
            "dumped": list(FIELDS),
        }

    def add(self, name: str, /, *arguments: Any, **named: Any) -> None:
        self.steps.append([name, list(arguments), named])

    def some(self, model: str, depth: int = 1) -> list[Any]:
        """Return a step that keeps some rows, without joining many."""
        many, self.maker.many = self.maker.many, False
        condition = self.maker.condition(model, depth, {})
        self.maker.many = many
        return [self.dice.choice(("filter", "filter", "exclude")), [condition], {}]

    def cut(self) -> bool:
        """Order by everything, perhaps, and take some rows; return whether rows come in one order only."""
        dice = self.dice
        if dice.random() < 0.4:
            return False
        names = [*self.columns] if self.columns is not None else ["pk", *self.named]
        self.add("order_by", *[("-" if dice.random() < 0.4 else "") + name for name in names])
        start, stop = dice.choice((None, None, 1, 2)), dice.choice((None, 2, 4, 7))
        if start is not None or stop is not None:
            self.add("[]", e("slice", start, stop))
        return True

    # -- kinds ----------------------------------------------------------------------------------------------------

    def windows(self) -> None:
        """Windows that choose rows, before and after other filters, over aggregates, within sets of keys."""
        dice = self.dice
        if dice.random() < 0.4:
            self.steps.append(self.some(self.model))
        if dice.random() < 0.25:
            name, _ = self.many()
            self.add("annotate", n=e("Count", name, distinct=True))
            self.named.append("n")
        window = self.window()
        self.add("annotate", w=window)
        self.named.append("w")
        if dice.random() < 0.3:
            self.add("annotate", v=self.window())
            self.named.append("v")
        if dice.random() < 0.7:
            self.add("filter", **{f"w__{dice.choice(('lte', 'gt', 'exact', 'in'))}": 2})
            if "w__in" in self.steps[-1][2]:
                self.steps[-1][2]["w__in"] = [1, 3]
            if "v" in self.named and dice.random() < 0.5:
                self.add("filter", e(dice.choice("&|"), e("Q", v__gte=1), e("Q", w__lt=3)))
        if dice.random() < 0.3:
            self.steps.append(self.some(self.model))
        roll = dice.random()
        if roll < 0.3:
            self.columns = [self.maker.local(self.model, "text"), "w"]
            self.add(dice.choice(("values", "values_list")), *self.columns)
            if dice.random() < 0.3 and self.named == ["w"] and not any(step[0] == "filter" for step in self.steps):
                self.add("distinct")  # Django leaves it out of the query around
        elif roll < 0.5:
            inner = {"$": "rows", "model": self.model, "steps": [*self.steps, ["values", ["pk"], {}]]}
            self.steps, self.named = [["filter", [], {"pk__in": inner}]], []
        self.ends += ["aggregate"] * 2 if self.columns is None else []

    def window(self) -> dict[str, Any]:
        """Return a window, perhaps with a frame."""
        dice = self.dice
        _, made = self.maker.window(self.model)
        if dice.random() < 0.3 and made["a"][0]["$"] in ("Sum", "Max", "Count", "FirstValue"):
            start, end = dice.choice(((None, 0), (-1, 1), (0, None), (-2, 0)))
            made["k"]["frame"] = e("RowRange", start=start, end=end)
        return made

    def merged(self) -> None:
        """Queries joined by operators, each with columns of its own."""
        dice = self.dice
        self.steps.append(self.some(self.model))
        if dice.random() < 0.4:
            self.add("annotate", x=f(self.maker.local(self.model, "int")))
            self.named.append("x")
        for _ in range(dice.randint(1, 2)):
            steps: Steps = [self.some(self.model)]
            name = dice.choice(("x", "z", "z"))
            if dice.random() < 0.7:
                steps.append(["annotate", [], {name: e("+", f(self.maker.local(self.model, "int")), 1)}])
                steps.append(["filter", [], {f"{name}__gt": self.maker.value("int")}])
            kind = dice.choice("&|^")
            if kind == "^":  # over relations Django joins so that rows are lost; and MySQL knows no XOR of NULL
                steps = [["filter", [], {"id__gt": 2}]]
                self.steps = [step for step in self.steps if step[0] == "annotate"]
                self.add("filter", id__lt=10)
            self.steps.append([kind, [{"$": "rows", "model": self.model, "steps": steps}], {}])

    def json(self) -> None:
        """Values deep inside of JSON, wherever a column may stand."""
        dice = self.dice
        self.model = dice.choice(("Album", "Album", "Track"))
        data = "data" if self.model == "Album" else "album__data"
        keys = ("a", "b", "c__d__0", "c__d__1", "c", "c__d", "x")
        for _ in range(dice.randint(1, 2)):
            key = f"{data}__{dice.choice(keys)}"
            lookup, value = dice.choice(
                (
                    ("", 1),
                    ("", "x"),
                    ("", None),
                    ("__isnull", True),
                    ("__isnull", False),
                    ("__in", [1, "x"]),
                    ("__icontains", "x"),
                    ("__has_key", "d"),
                    ("__startswith", "x"),
                    ("", [1, 2]),
                )
            )
            self.add("filter", **{f"{key}{lookup}": value})  # exclude() is decided otherwise
        roll = dice.random()
        if roll < 0.35:
            self.add("annotate", x=f(f"{data}__{dice.choice(keys)}"))
            self.add("filter", x=dice.choice((1, "x", [1, 2], 2)))
        elif roll < 0.6:
            self.columns = ["pk", f"{data}__{dice.choice(keys)}"]
            self.add("values_list", *self.columns)
            self.columns = self.columns[:1]
        elif roll < 0.8:
            key = dice.choice(("a", "b", "c__d"))
            self.add("order_by")
            self.add("values", f"{data}__{key}")
            self.add("annotate", n=e("Count", "pk"))
            self.columns = ["n", f"{data}__{key}"]
        else:
            self.add("annotate", x=e("Count", "pk", filter=e("Q", **{f"{data}__a": 1})))
            self.named.append("x")

    def sets(self) -> None:
        """Unions and the like of queries with the same columns, which may be sets themselves."""
        dice = self.dice
        names = dice.sample([name for name, kind in FIELDS[self.model].items() if kind in ("int", "text")], 2)
        own = e("Value", 1, output_field=e("IntegerField")) if dice.random() < 0.3 else None
        if own is not None:
            names.append("own")

        def part(depth: int) -> Steps:
            steps: Steps = [self.some(self.model)]
            if own is not None:
                steps.append(["annotate", [], {"own": dice.choice((own, f("id")))}])
            steps += [["order_by", [], {}], ["values_list", names, {}]]
            if depth and dice.random() < 0.4:
                steps.append(joined(depth - 1))
            return steps

        def joined(depth: int) -> list[Any]:
            kind = dice.choice(("union", "union", "intersection", "difference"))
            options = {"all": True} if kind == "union" and dice.random() < 0.4 else {}
            others = [{"$": "rows", "model": self.model, "steps": part(depth)} for _ in range(dice.randint(1, 2))]
            return [kind, others, options]

        self.steps = [*part(0), joined(1)]
        self.columns = names
        self.ends.remove("exists")  # of some rows of a set Django says that there are none

    def filtered(self) -> None:
        """Relations of which only some rows count, named more than once and beside others."""
        dice = self.dice
        self.model = dice.choice(("Album", "Person", "Genre", "Critic"))
        name, target = self.many()
        kind = dice.choice(("int", "text"))
        column = self.maker.local(target, kind)
        kind = FIELDS[target][column]
        condition = e("Q", **{f"{name}__{column}{dice.choice(('', '__gt', '__isnull'))}": self.maker.value(kind)})
        [lookup] = condition["k"]
        if lookup.endswith("__isnull"):
            condition["k"][lookup] = dice.random() < 0.5
        if dice.random() < 0.3:
            condition = e(dice.choice("&|"), condition, e("Q", **{f"{self.maker.local(self.model, 'int')}__gt": 2}))
        self.add("annotate", kept=e("FilteredRelation", name, condition=condition))
        roll = dice.random()
        text = self.maker.local(target, "text")
        if roll < 0.3:
            self.add("annotate", n=e("Count", "kept", distinct=True), m=e("Max", f"kept__{column}"))
            self.named = ["n", "m"]
        elif roll < 0.5:
            self.columns = ["pk", f"kept__{text}"]
            self.add("values_list", *self.columns)
        elif roll < 0.7:
            self.add("annotate", t=e("Upper", f(f"kept__{text}")))
            self.named.append("t")
        else:
            self.add("filter", **{f"kept__{column}__isnull": dice.random() < 0.5})
            self.add("distinct")
        if dice.random() < 0.3:
            self.steps.append(self.some(self.model))
        if dice.random() < 0.3 and self.columns is None and roll < 0.3:
            self.add("filter", n__gte=1)

    def outer(self) -> None:
        """Queries in queries in queries, of which the innermost names the outermost."""
        dice = self.dice
        self.model = dice.choice(_WITH_CHILDREN)
        middle, by = self.maker.child(self.model)
        inner, below = self.maker.child(middle) if middle in _WITH_CHILDREN else (self.model, "")
        named = e("OuterRef", e("OuterRef", dice.choice(("pk", self.maker.local(self.model, "int")))))
        column = self.maker.local(inner, "int")
        deepest: Steps = [["filter", [], {f"{column}{dice.choice(('', '__gte', '__lt'))}": named}]]
        if below:
            deepest.append(["filter", [], {below: e("OuterRef", "pk")}])
        if dice.random() < 0.4:
            deepest.append(self.some(inner))
        within = {"$": "rows", "model": inner, "steps": deepest}
        exists = e("Exists", within)
        steps: Steps = [["filter", [], {by: e("OuterRef", "pk")}]]
        roll = dice.random()
        if roll < 0.3:
            steps.append([dice.choice(("filter", "exclude")), [exists], {}])
        elif roll < 0.6:
            text = self.maker.local(inner, "text")
            deepest += [["order_by", ["pk"], {}], ["values", [text], {}], ["[]", [e("slice", None, 1)], {}]]
            steps.append(["annotate", [], {"deep": e("Subquery", within)}])
            steps.append(["filter", [], {"deep__isnull": dice.random() < 0.4}])
        else:
            deepest += [["order_by", [], {}], ["values", ["pk"], {}]]
            steps.append([dice.choice(("filter", "exclude")), [], {"pk__in": within}])
        roll = dice.random()
        rows = {"$": "rows", "model": middle, "steps": steps}
        if roll < 0.35:
            self.add("annotate", x=e("Exists", rows))
            if dice.random() < 0.5:
                self.add("filter", x=dice.random() < 0.6)
        elif roll < 0.7:
            steps += [["order_by", ["-pk"], {}], ["values", [self.maker.local(middle, "int")], {}]]
            steps.append(["[]", [e("slice", None, 1)], {}])
            self.add("annotate", x=e("Coalesce", e("Subquery", rows), e("Value", 0)))
            self.add(dice.choice(("filter", "exclude")), x__gt=dice.choice((0, 1, 5)))
        else:
            steps += [["order_by", [], {}], ["values", [by], {}], ["annotate", [], {"c": e("Count", "pk")}]]
            steps.append(["values", ["c"], {}])
            self.add("annotate", x=e("Subquery", rows))
            self.ends += ["aggregate"]
        self.named.append("x")

    def groups(self) -> None:
        """Groups: chosen, put in order, computed with, counted."""
        dice = self.dice
        if dice.random() < 0.4:
            self.steps.append(self.some(self.model))
        many = self.maker.many
        self.maker.many = dice.random() < 0.3
        by = [self.maker.path(self.model, dice.choice(("int", "text", "bool", "date")), many=True) for _ in range(2)]
        by = list(dict.fromkeys(by[: dice.randint(1, 2)]))
        self.maker.many = many
        computed: dict[str, Any] = {}
        if dice.random() < 0.4:
            computed["own"] = self.maker.expression(dice.choice(("text", "int")), self.model, 1, {})
        self.add("order_by")
        self.add(
            dice.choice(("values", "values_list")), *by, **({} if self.steps[-1][0] == "values_list" else computed)
        )
        if self.steps[-1][0] == "values_list" and computed:
            self.steps[-1] = ["values", by, computed]
        _, made = self.maker.aggregate(self.model, {})
        self.add("annotate", n=e("Count", "pk"), x=made)
        if dice.random() < 0.5:
            self.add("filter", **{f"n__{dice.choice(('gt', 'lte', 'exact'))}": dice.choice((0, 1, 2))})
        if dice.random() < 0.3:
            self.add("annotate", twice=e("*", f("n"), 2))
        self.columns = [*by, *computed, "n"]
        if dice.random() < 0.25:
            self.add("values", *by, "n")
            self.columns = [*by, "n"]
        if dice.random() < 0.2:
            self.steps.append(self.some(self.model))

    def many(self) -> tuple[str, str]:
        """Return a relation to many rows, and where it leads; the model changes if it has none."""
        if self.model not in MANY:
            self.model, self.steps = "Album", []
        return self.dice.choice(sorted(MANY[self.model].items()))
