"""Makes random chains of queryset calls, as data that both sides understand."""

import random
from typing import Any

from differential.expressions import FIELDS, MANY, ONE, Maker, e, f

__all__ = ("chain",)

COLUMNS: dict[str, tuple[str, ...]] = {model: tuple(fields) for model, fields in FIELDS.items()}


def chain(seed: int) -> dict[str, Any]:
    """Return the chain that belongs to a number."""
    return _Chain(random.Random(seed)).made()


class _Chain:
    """What is known of a query while calls are added to it."""

    def __init__(self, dice: random.Random) -> None:
        self.dice = dice
        self.model = dice.choice(("Album", "Album", "Album", "Person", "Track", "Review", "Genre", "Critic", "Credit"))
        self.maker = Maker(dice)
        self.steps: list[list[Any]] = []
        self.named: dict[str, str] = {}  # annotations and what they are
        self.hidden: set[str] = set()
        self.columns: list[str] | None = None  # of values() and values_list()
        self.flat = False
        self.grouped = False
        self.aggregated = False
        self.sliced = False
        self.combined = False
        self.distinct = False
        self.total = False
        self.windowed: set[str] = set()
        self.many = False
        self.only = False

    def add(self, name: str, /, *arguments: Any, **named: Any) -> None:
        self.steps.append([name, list(arguments), named])

    def made(self) -> dict[str, Any]:
        dice = self.dice
        for _ in range(dice.randint(1, 5)):
            self.any_step()
        if not self.combined and dice.random() < 0.12:
            self.combine()
        if dice.random() < 0.3:
            self.slice()
        end, arguments, named, more = self.end()
        return {
            "model": self.model,
            "steps": self.steps,
            "end": [end, arguments, named],
            "ordered": self.total,
            "dumped": list(FIELDS),
            **more,
        }

    def any_step(self) -> None:
        dice = self.dice
        kinds = (
            ["filter"] * 6 + ["exclude"] * 4 + ["annotate"] * 6 + ["alias"] + ["order_by"] * 2 + ["distinct", "reverse"]
        )
        if self.columns is None:
            kinds += (
                ["values"] * 2 + ["values_list"] * 2 + ["select_related"] * 2 + ["only", "defer", "filtered", "merge"]
            )
            kinds += ["none"] if dice.random() < 0.1 else []
        getattr(self, f"step_{dice.choice(kinds)}")()

    # -- steps --------------------------------------------------------------------------------------------------

    def condition(self, *, negated: bool = False) -> dict[str, Any]:
        return self.maker.condition(self.model, 2, {} if negated else self.usable())

    def usable(self) -> dict[str, str]:
        return {name: kind for name, kind in self.named.items() if name not in self.windowed}

    def step_filter(self, name: str = "filter") -> None:
        dice = self.dice
        if dice.random() < 0.5:
            self.add(name, self.condition(negated=name == "exclude"))
        else:
            json = name == "filter"
            named = self.usable() if name == "filter" else {}
            lookups = dict(self.maker.lookup(self.model, named, json=json) for _ in range(dice.choice((1, 1, 2))))
            self.add(name, **lookups)

    def step_exclude(self) -> None:
        self.step_filter("exclude")

    def step_annotate(self, name: str = "annotate") -> None:
        dice = self.dice
        alias = f"x{len(self.named)}"
        roll = dice.random()
        values_form = self.columns is not None
        if roll < 0.35 and name == "annotate" and not self.distinct:
            kind, made = self.maker.aggregate(self.model, self.usable() if not self.aggregated else {})
            self.grouped = self.grouped or values_form
            self.aggregated = True
        elif roll < 0.45 and not values_form and not self.aggregated:
            kind, made = self.maker.window(self.model)
            self.windowed.add(alias)
        else:
            kind = dice.choice(("int", "int", "text", "text", "bool", "decimal", "float", "date"))
            made = self.maker.expression(kind, self.model, 2, {} if self.aggregated else self.usable())
            self.many = True
        self.add(name, **{alias: made})
        self.named[alias] = kind
        if name == "alias":
            self.hidden.add(alias)
        elif self.columns is not None:
            self.columns.append(alias)

    def step_alias(self) -> None:
        self.step_annotate("alias")

    def step_order_by(self) -> None:
        dice = self.dice
        if self.columns is not None or self.distinct:
            names = dice.sample(self.columns or ["pk"], 1) if self.columns or self.columns is None else []
        else:
            names = [self.maker.path(self.model, dice.choice(("int", "text", "date")), many=False)]
            names += dice.sample(sorted(self.named), 1) if self.named and dice.random() < 0.4 else []
        terms: list[Any] = [("-" if dice.random() < 0.4 else "") + name for name in names]
        if terms and dice.random() < 0.2:
            terms = [e(dice.choice(("asc", "desc")), f(names[0]), nulls_last=True)]
        self.add("order_by", *terms)
        self.total = False

    def order_totally(self) -> None:
        if self.columns is not None:
            names = list(dict.fromkeys(self.columns))
        else:
            names = ["pk", *self.named]
        if not self.total:
            self.add("order_by", *[("-" if self.dice.random() < 0.3 else "") + name for name in names])
        self.total = True

    def step_distinct(self) -> None:
        if self.columns is not None and self.aggregated:
            return  # Django tells groups apart by an order that it then leaves out
        if not self.steps or self.steps[-1][0] != "distinct":
            self.add("distinct")
            self.distinct = True

    def step_reverse(self) -> None:
        self.add("reverse")

    def step_values(self, name: str = "values") -> None:
        dice = self.dice
        shown = [alias for alias in self.named if alias not in self.hidden]
        names = [
            self.maker.path(
                self.model, dice.choice(("int", "text", "date", "decimal", "bool", "float")), many=dice.random() < 0.3
            )
            for _ in range(dice.randint(1, 3))
        ]
        if shown and dice.random() < 0.7:
            names += dice.sample(shown, 1)
        names = list(dict.fromkeys(names))
        if name == "values_list" and dice.random() < 0.3:
            self.add(name, names[0], flat=True)
            names, self.flat = names[:1], True
        elif name == "values" and dice.random() < 0.25 and not self.aggregated:
            self.add(name, *names, own=self.maker.expression("text", self.model, 1, {}))
            names.append("own")
        else:
            self.add(name, *names)
        self.columns = names
        self.total = False

    def step_values_list(self) -> None:
        self.step_values("values_list")

    def step_select_related(self) -> None:
        self.add("select_related", *self.related_names())

    def related_names(self) -> list[str]:
        dice = self.dice
        names = []
        for _ in range(dice.randint(1, 2)):
            at, path = self.model, []
            for _ in range(dice.randint(1, 3)):
                choice = sorted(ONE.get(at, {}).items())
                if not choice:
                    break
                name, at = dice.choice(choice)
                path.append(name)
            if path:
                names.append("__".join(path))
        return names

    def step_only(self, name: str = "only") -> None:
        names = self.dice.sample(COLUMNS[self.model], min(2, len(COLUMNS[self.model])))
        self.add("select_related", None)
        self.add(name, *[item for item in names if item != "id"] or ["pk"])
        self.only = True

    def step_defer(self) -> None:
        self.step_only("defer")

    def step_none(self) -> None:
        self.add("none")

    def step_filtered(self) -> None:
        dice = self.dice
        relations = MANY.get(self.model)
        if not relations:
            return
        name, target = dice.choice(sorted(relations.items()))
        alias = f"r{len(self.steps)}"
        lookups = [f"{name}__{path}" for path in (self.maker.local(target, dice.choice(("int", "text"))),)]
        kind = "int" if FIELDS[target][lookups[0].removeprefix(f"{name}__")] == "int" else "text"
        value = self.maker.value(kind)
        condition = e("Q", **{lookups[0]: value})
        if dice.random() < 0.3:
            condition = e("~", condition)
        self.add("annotate", **{alias: e("FilteredRelation", name, condition=condition)})
        more = self.maker.local(target, dice.choice(("int", "text")))
        self.maker.many = False  # Django joins what is named again through the condition of the first
        if dice.random() < 0.5:
            self.add("filter", **{f"{alias}__{more}__isnull": dice.random() < 0.5})
        else:
            self.add("annotate", **{f"x{len(self.named)}": e("Count", f"{alias}")})
            self.named[f"x{len(self.named)}"] = "int"
            self.aggregated = True

    def step_merge(self) -> None:
        if self.named or self.distinct or self.only or self.sliced:
            return
        many, self.maker.many = self.maker.many, False
        other = {"$": "rows", "model": self.model, "steps": [["filter", [self.condition()], {}]]}
        self.maker.many = many
        self.add(self.dice.choice("&|"), other)

    def combine(self) -> None:
        dice = self.dice
        if self.columns is None:
            if self.named or self.only:
                return
            other = {"$": "rows", "model": self.model, "steps": [["filter", [self.condition()], {}]]}
        else:
            if any("__" in name or name not in FIELDS[self.model] for name in self.columns):
                return
            other = {
                "$": "rows",
                "model": self.model,
                "steps": [["filter", [self.maker.condition(self.model, 1, {})], {}]],
            }
            other["steps"].append(
                ["values_list" if self.flat else self.form(), self.columns, {"flat": True} if self.flat else {}]
            )
        other["steps"].append(["order_by", [], {}])
        kind = dice.choice(("union", "union", "intersection", "difference"))
        self.add("order_by")
        self.add(kind, other, **({"all": True} if kind == "union" and dice.random() < 0.3 else {}))
        self.combined = True
        self.total = False

    def form(self) -> str:
        return next(step[0] for step in self.steps if step[0] in ("values", "values_list"))

    def slice(self) -> None:
        dice = self.dice
        if self.columns is None and self.combined:
            self.add("order_by", "id")
            self.total = True
        else:
            self.order_totally()
        start = dice.choice((None, 0, 1, 3))
        stop = dice.choice((None, 2, 5, 9))
        if start is not None or stop is not None:
            self.add("[]", e("slice", start, stop))
            self.sliced = True

    # -- ends ---------------------------------------------------------------------------------------------------

    def end(self) -> tuple[str, list[Any], dict[str, Any], dict[str, Any]]:
        dice = self.dice
        kinds = ["list"] * 12 + ["count"] * 4 + ["iterated"]
        if not self.combined:
            kinds += ["aggregate"] * 3 + ["exists"] * 2
        if self.columns is None and not self.combined:
            kinds += ["related"] * 2 + ["prefetched"] * 2
            if not self.sliced and not self.distinct:
                kinds += ["update"] * 3 + ["delete", "in_bulk", "first", "last", "get"]
        kind = dice.choice(kinds)
        if kind == "aggregate":
            self.maker.many = (
                self.maker.many and not self.sliced and not self.distinct
            )  # Django cuts what is joined, not what it is joined to
            found = {f"y{i}": self.maker.aggregate(self.model, self.usable())[1] for i in range(dice.randint(1, 2))}
            if self.columns is not None:
                found = {"y": e(dice.choice(("Count", "Max", "Min")), dice.choice(self.columns))}
            return kind, [], found, {}
        if kind == "related":
            return kind, [], {"names": self.related_names()}, {}
        if kind == "prefetched":
            names = sorted({**MANY.get(self.model, {}), **ONE.get(self.model, {})}.items())
            picked = dice.sample(names, min(len(names), dice.randint(1, 2)))
            wanted = []
            for name, target in picked:
                if name in MANY.get(self.model, {}):
                    steps = [["order_by", ["pk"], {}]]
                    if dice.random() < 0.4:
                        steps.insert(
                            0,
                            ["filter", [], dict([self.maker.of_kind(self.maker.local(target, "int"), "int", target)])],
                        )
                    if dice.random() < 0.3:
                        steps.append(["[]", [e("slice", dice.choice((None, 1)), dice.choice((1, 2, 3)))], {}])
                    rows = {"$": "rows", "model": target, "steps": steps}
                    to = {"to_attr": f"got_{name}"} if dice.random() < 0.4 else {}
                    wanted.append((f"got_{name}" if to else name, e("Prefetch", name, queryset=rows, **to)))
            if wanted:
                self.add("prefetch_related", *[each for _, each in wanted])
            return kind, [], {"names": [name for name, _ in wanted]}, {}
        if kind in ("first", "last"):
            self.order_totally()
        if kind == "update":
            return kind, [], self.maker.changes(self.model), {}
        if kind == "get":
            return kind, [], {"pk": dice.randint(1, 16)}, {}
        return kind, [], {}, {}
