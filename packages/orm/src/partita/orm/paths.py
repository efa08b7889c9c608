"""How a name such as ``artist__name__icontains`` leads from a model over joins to a column."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_

from partita.orm.errors import FieldDoesNotExist, FieldError

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = (
    "ColumnsStep",
    "FilteredStep",
    "Path",
    "Resolved",
    "Step",
    "Way",
    "meant",
    "no_field",
    "resolve",
    "resolve_by",
    "unknown_keywords",
    "unknown_name",
)


class Step:
    """One join; made once per relation, so that steps compare by identity."""

    __slots__ = ("left", "model", "multiple", "nullable", "right")

    def __init__(self, model: "type[Model]", left: str, right: str, *, multiple: bool, nullable: bool) -> None:
        self.model, self.left, self.right = model, left, right
        self.multiple, self.nullable = multiple, nullable

    def __repr__(self) -> str:
        return f"<Step {self.left} = {self.model._meta.db_table}.{self.right}>"

    def on(self, source: Any, joined: Any) -> Any:
        """Return what joins two tables: the columns are equal. Subclasses may ask for more.

        Args:
            source: The table that the join begins at, as SQLAlchemy's alias.
            joined: The table of ``model``.
        """
        return source.c[self.left] == joined.c[self.right]


class ColumnsStep(Step):
    """A join by several columns."""

    __slots__ = ("pairs",)

    def __init__(
        self, model: "type[Model]", pairs: Sequence[tuple[str, str]], *, multiple: bool, nullable: bool
    ) -> None:
        super().__init__(model, *pairs[0], multiple=multiple, nullable=nullable)
        self.pairs = tuple(pairs)

    def on(self, source: Any, joined: Any) -> Any:
        """Return what joins two tables: all the columns are equal."""
        return and_(*[source.c[left] == joined.c[right] for left, right in self.pairs])


class FilteredStep(Step):
    """The last join of a `FilteredRelation`: the same as another, under a name of its own, with a condition.

    Equal for equal names, because a query's shape tells what its names stand for.
    """

    __slots__ = ("alias", "condition", "step")

    def __init__(self, alias: str, step: Step) -> None:
        for name in Step.__slots__:
            setattr(self, name, getattr(step, name))
        self.nullable = True
        self.alias, self.step = alias, step
        self.condition: Any = None

    def on(self, source: Any, joined: Any) -> Any:
        """Return what joins two tables without the condition."""
        return self.step.on(source, joined)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FilteredStep) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return (self.alias, *[getattr(self, name) for name in Step.__slots__])


Path = tuple[Step, ...]


class Way(NamedTuple):
    """Where the name of a `FilteredRelation` leads: joins, the relation they belong to, what rows it keeps."""

    path: Path
    relation: Any
    base: str


class Resolved(NamedTuple):
    """Where a name leads: joins, the field at their end, and the names that follow it.

    ``relation`` is set if the name ended at a relation and not at a plain field; ``lasting`` is not if the name may lead elsewhere
    the next time, because what it names stands in for one of several columns.
    """

    path: Path
    field: Any
    rest: tuple[str, ...]
    relation: Any
    lasting: bool = True


def resolve(model: "type[Model]", name: str) -> Resolved:
    """Follow ``name``, its parts divided by two underscores, from ``model``.

    Raises:
        FieldError: If its first part names nothing in the model.
    """
    known: Resolved | None = model._meta.resolved.get(name)
    if known is None:
        known = _follow(model, name)
        if (
            known.lasting and not known.rest
        ):  # what follows a field may be anything (JSON keys), so only plain names are kept
            model._meta.resolved[name] = known
    return known


def resolve_by(model: "type[Model]", ways: Mapping[str, Way], name: str) -> Resolved:
    """Follow ``name``, which may begin with the name of a `FilteredRelation`."""
    for alias, way in ways.items():
        if name == alias:
            target = way.path[-1].model._meta.pk
            return Resolved(way.path, target, (), way.relation)
        if name.startswith(f"{alias}__"):
            rest = name[len(alias) + 2 :]
            if way.path[-1].model._meta.find(rest.partition("__")[0])[0] is None:
                return Resolved(way.path, way.path[-1].model._meta.pk, tuple(rest.split("__")), way.relation)
            found = resolve(way.path[-1].model, rest)
            return found._replace(path=(*way.path, *found.path))
    return resolve(model, name)


def _follow(model: "type[Model]", name: str) -> Resolved:
    parts = name.split("__")
    path: list[Step] = []
    relation: Any = None
    current: type[Model] = model
    lasting = True
    for index, part in enumerate(parts):
        found, is_column = current._meta.find(part)
        if found is None:
            if index == 0:
                raise unknown_name(model, part)
            break
        lasting = lasting and part in {found.name, getattr(found, "attname", ""), "pk"}
        if found.is_relation and not is_column:
            path.extend(current._meta.steps_of(found))
            current = found.steps()[-1].model
            relation = found
            continue
        # A plain column; if it is the one the last join goes by, that join is not needed.
        links = current._meta.links_to(found.model)
        while links and found is links[-1].target_field:  # a parent's key is in our table as well
            found, links = links[-1], links[:-1]
        if relation is not None and not links and (shorter := relation.trimmed(found)) is not None:
            return Resolved(_without(path, shorter), shorter, tuple(parts[index + 1 :]), None, lasting)
        path.extend(step for link in links for step in link.steps())
        return Resolved(tuple(path), found, tuple(parts[index + 1 :]), None, lasting)
    else:
        index = len(parts)
    target = (
        relation.steps()[-1].model._meta.pk
        if relation.target_of_last_step() is None
        else relation.target_of_last_step()
    )
    shorter = relation.trimmed(target)
    if shorter is not None:
        return Resolved(_without(path, shorter), shorter, tuple(parts[index:]), relation, lasting)
    return Resolved(tuple(path), relation.steps()[-1].model._meta.pk, tuple(parts[index:]), relation, lasting)


def _without(path: list[Step], field: Any) -> Path:
    """Return the joins without those of the foreign key ``field``, which are the last."""
    return tuple(path[: -len(field.steps())])


def unknown_name(model: "type[Model]", name: str, others: Iterable[str] = ()) -> FieldError:
    """Return the error for a name that leads nowhere from ``model``; ``others`` are names that the query has besides."""
    known = sorted({*model._meta.query_names(), *others})
    return FieldError(
        f"Cannot resolve keyword {name[:80]!r} into field. Choices are: {', '.join(known)}.{meant(name, known)}"
    )


def no_field(model: "type[Model]", name: str) -> FieldDoesNotExist:
    """Return the error for a name that is no field of ``model``."""
    known = sorted(model._meta.query_names())
    return FieldDoesNotExist(
        f"{model.__name__} has no field named {name!r:.80}. It has {', '.join(known)}.{meant(name, known)}"
    )


def unknown_keywords(model: "type[Model]", names: Iterable[str]) -> TypeError:
    """Return the error for what was given to a new instance and is nothing that it has."""
    unknown = [name for name in names if not hasattr(model, name)] or list(names)
    hint = meant(unknown[0], [field.name for field in model._meta.fields])
    shown = ", ".join([f"{name[:80]!r}" for name in unknown])
    return TypeError(f"{model.__name__}() got unexpected keyword arguments: {shown}{'.' * bool(hint)}{hint}")


def meant(name: str, known: Iterable[str]) -> str:
    """Return the sentence that suggests the nearest of ``known``, with a space before it; nothing where none is near."""
    from difflib import get_close_matches  # only who errs needs it

    near = get_close_matches(name[:80], known, 1)
    return f" Did you mean {near[0]!r}?" if near else ""
