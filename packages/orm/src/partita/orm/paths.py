"""How a name such as ``artist__name__icontains`` leads from a model over joins to a column."""

from typing import TYPE_CHECKING, Any, NamedTuple

from partita.orm.errors import FieldError

if TYPE_CHECKING:
    from partita.orm.models import Model

__all__ = ("Path", "Resolved", "Step", "resolve")


class Step:
    """One join; made once per relation, so that steps compare by identity."""

    __slots__ = ("left", "model", "multiple", "nullable", "right")

    def __init__(self, model: "type[Model]", left: str, right: str, *, multiple: bool, nullable: bool) -> None:
        self.model, self.left, self.right = model, left, right
        self.multiple, self.nullable = multiple, nullable

    def __repr__(self) -> str:
        return f"<Step {self.left} = {self.model._meta.db_table}.{self.right}>"


Path = tuple[Step, ...]


class Resolved(NamedTuple):
    """Where a name leads: joins, the field at their end, and the names that follow it.

    ``relation`` is set if the name ended at a relation and not at a plain field.
    """

    path: Path
    field: Any
    rest: tuple[str, ...]
    relation: Any


def resolve(model: "type[Model]", name: str) -> Resolved:
    """Follow ``name``, its parts divided by two underscores, from ``model``.

    Raises:
        FieldError: If its first part names nothing in the model.
    """
    known: Resolved | None = model._meta.resolved.get(name)
    if known is None:
        known = _follow(model, name)
        if not known.rest:  # what follows a field may be anything (JSON keys), so only plain names are kept
            model._meta.resolved[name] = known
    return known


def _follow(model: "type[Model]", name: str) -> Resolved:
    parts = name.split("__")
    path: list[Step] = []
    relation: Any = None
    relations: list[Any] = []
    current: type[Model] = model
    for index, part in enumerate(parts):
        found, is_column = current._meta.find(part)
        if found is None:
            if index == 0:
                raise FieldError(f"Cannot resolve keyword {part[:80]!r} into field. Choices are: {_choices(model)}.")
            break
        if found.is_relation and not is_column:
            relations.append(found)
            path.extend(found.steps())
            current = found.steps()[-1].model
            relation = found
            continue
        # A plain column; if it is the one the last join goes by, that join is not needed.
        if relation is not None and (shorter := relation.trimmed(found)) is not None:
            return Resolved(tuple(path[:-1]), shorter, tuple(parts[index + 1 :]), None)
        return Resolved(tuple(path), found, tuple(parts[index + 1 :]), None)
    else:
        index = len(parts)
    target = (
        relation.steps()[-1].model._meta.pk
        if relation.target_of_last_step() is None
        else relation.target_of_last_step()
    )
    shorter = relation.trimmed(target)
    if shorter is not None:
        return Resolved(tuple(path[:-1]), shorter, tuple(parts[index:]), relation)
    return Resolved(tuple(path), relation.steps()[-1].model._meta.pk, tuple(parts[index:]), relation)


def _choices(model: "type[Model]") -> str:
    return ", ".join(sorted(model._meta.query_names()))
