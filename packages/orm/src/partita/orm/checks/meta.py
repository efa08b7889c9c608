"""What may be wrong with the options of a model: order, indexes, constraints, what is unique together."""

from collections.abc import Iterable, Iterator
from typing import Any

from partita.contracts.checks import Finding
from partita.orm.checks.findings import Databases, error, lacking, warning

__all__ = ("check_constraint", "check_index", "check_options")

_QUIET = "Silence this warning if you don't care about it."


def check_options(model: Any, databases: Databases) -> Iterator[Finding]:
    """Yield what is wrong with ``class Meta``."""
    meta = model._meta
    databases = list(databases)
    for index in meta.indexes:
        yield from index.check(model, databases)
    yield from _together(model)
    yield from _ordering(model)
    for constraint in meta.constraints:
        yield from constraint.check(model, databases)
    if meta.db_table_comment:
        for name in lacking(databases, meta, "supports_comments"):
            yield warning("models.W046", f"{name} does not support comments on tables (db_table_comment).", model)


# -- fields that options name ------------------------------------------------------------------------------------------


def _local(model: Any, names: Iterable[str], option: str) -> Iterator[Finding]:
    """Yield that a name is none of a field with a column in the model's own table."""
    meta = model._meta
    for name in names:
        found = meta.pk if name == "pk" and meta.pk.is_tuple else _forward(meta, name)
        if found is None:
            yield error("models.E012", f"'{option}' refers to the nonexistent field '{name}'.", model)
        elif found.many_to_many:
            yield error(
                "models.E013",
                f"'{option}' refers to a ManyToManyField '{name}', but ManyToManyFields are not permitted in '{option}'.",
                model,
            )
        elif found.is_tuple and found is meta.pk:
            yield error(
                "models.E048",
                f"'{option}' refers to a CompositePrimaryKey '{name}', but CompositePrimaryKeys are not permitted in "
                f"'{option}'.",
                model,
            )
        elif not found.concrete and not found.is_foreign_key and len(getattr(found, "from_fields", ())) > 1:
            yield error(
                "models.E049",
                f"'{option}' refers to a ForeignObject '{name}' with multiple 'from_fields', which is not supported for "
                "that option.",
                model,
            )
        elif found.concrete and found not in meta.local_fields:
            yield error(
                "models.E016",
                f"'{option}' refers to field '{name}' which is not local to model '{meta.object_name}'.",
                model,
                "This issue may be caused by multi-table inheritance.",
            )


def _forward(meta: Any, name: str) -> Any:
    found = meta._by_name.get(name)
    return None if found is None else found[0]


def _together(model: Any) -> Iterator[Finding]:
    given = model._meta.original_attrs.get("unique_together", ())
    if not isinstance(given, list | tuple):
        yield error("models.E010", "'unique_together' must be a list or tuple.", model)
        return
    if given and all(isinstance(each, str) for each in given):
        given = (given,)
    if any(not isinstance(group, list | tuple) for group in given):
        yield error("models.E011", "All 'unique_together' elements must be lists or tuples.", model)
        return
    for group in given:
        yield from _local(model, group, "unique_together")


def _ordering(model: Any) -> Iterator[Finding]:
    meta = model._meta
    given = meta.original_attrs.get("ordering", meta.ordering)
    if meta.order_with_respect_to:
        if meta.original_attrs.get("ordering"):
            yield error("models.E021", "'ordering' and 'order_with_respect_to' cannot be used together.", model)
        return
    if not given:
        return
    if not isinstance(given, list | tuple):
        yield error(
            "models.E014", "'ordering' must be a tuple or list (even if you want to order by only one field).", model
        )
        return
    for term in given:
        if isinstance(term, str) and term != "?" and not _leads_somewhere(model, term.removeprefix("-")):
            yield error(
                "models.E015",
                f"'ordering' refers to the nonexistent field, related field, or lookup '{term.removeprefix('-')}'.",
                model,
            )


def _leads_somewhere(model: Any, name: str) -> bool:
    """Return whether ``name`` follows fields and relations, then transforms or a look-up."""
    meta: Any = model._meta
    field: Any = None
    for part in name.split("__"):
        found, is_column = _member(meta, part)
        if found is not None:
            if "__" not in name and found.many_to_many and found in meta.many_to_many:
                return False
            field = found
            meta = found.related_model._meta if found.is_relation and not is_column else None
        elif field is None or (field.get_transform(part) is None and field.get_lookup(part) is None):
            return False
        else:
            meta = None
    return True


def _member(meta: Any, name: str) -> tuple[Any, bool]:
    """Return what a name means to a model, if there is one, and whether it is that of a relation's column."""
    if meta is None:
        return None, False
    if name == "pk":
        return meta.pk, not meta.pk.is_relation
    found: tuple[Any, bool] = meta.find(name)
    return found


# -- indexes and constraints -------------------------------------------------------------------------------------------


def check_index(index: Any, model: Any, databases: Databases) -> Iterator[Finding]:
    """Yield what is wrong with an index."""
    name = index.name or ""
    if name[:1] == "_" or name[:1].isdigit():
        yield error("models.E033", f"The index name '{name}' cannot start with an underscore or a number.", model)
    if len(name) > index.max_name_length:
        yield error(
            "models.E034",
            f"The index name '{name}' cannot be longer than {index.max_name_length} characters.",
            model,
        )
    for given, feature, id, told, then in (
        (index.condition, "supports_partial_indexes", "W037", "conditions", "Conditions will be ignored."),
        (
            index.include,
            "supports_covering_indexes",
            "W040",
            "non-key columns",
            "Non-key columns will be ignored.",
        ),
        (index.expressions, "supports_expression_indexes", "W043", "expressions", "An index won't be created."),
    ):
        if given:
            for database in lacking(databases, model._meta, feature):
                yield warning(
                    f"models.{id}",
                    f"{database} does not support indexes {'on' if id == 'W043' else 'with'} {told}.",
                    model,
                    f"{then} {_QUIET}",
                )
    named = [field for field, _ in index.fields_orders]
    inside = {full.split("__")[0] for each in index.expressions for full in _full_names(each)}
    if not model._meta.pk.is_tuple:
        inside.discard("pk")
    yield from _local(model, [*named, *index.include, *sorted(inside)], "indexes")


def check_constraint(constraint: Any, model: Any, databases: Databases) -> Iterator[Finding]:
    """Yield what is wrong with a constraint."""
    databases = list(databases)
    condition = getattr(constraint, "condition", None)
    expressions = getattr(constraint, "expressions", ())
    include = getattr(constraint, "include", ())
    if hasattr(constraint, "nulls_distinct"):
        for given, feature, id, told in (
            (condition is not None, "supports_partial_indexes", "W036", "with conditions"),
            (
                constraint.deferrable is not None,
                "supports_deferrable_unique_constraints",
                "W038",
                "deferrable unique constraints",
            ),
            (include, "supports_covering_indexes", "W039", "with non-key columns"),
            (expressions, "supports_expression_indexes", "W044", "on expressions"),
            (
                constraint.nulls_distinct is not None,
                "supports_nulls_distinct_unique_constraints",
                "W047",
                "UniqueConstraint.nulls_distinct",
            ),
        ):
            if given:
                what = f"unique constraints {told}" if told.startswith(("with ", "on ")) else told
                yield from _unsupported(model, databases, feature, id, what)
    elif condition is not None:
        yield from _unsupported(model, databases, "supports_table_check_constraints", "W027", "check constraints")
        if _has_raw_sql(condition):
            yield warning(
                "models.W045",
                f"Check constraint {constraint.name!r} contains RawSQL() expression and won't be validated during the "
                "model full_clean().",
                model,
                _QUIET,
            )
    yield from _references(model, [condition, *expressions], [*getattr(constraint, "fields", ()), *include])


def _unsupported(model: Any, databases: Databases, feature: str, id: str, what: str) -> Iterator[Finding]:
    for database in lacking(databases, model._meta, feature):
        yield warning(
            f"models.{id}",
            f"{database} does not support {what}.",
            model,
            f"A constraint won't be created. {_QUIET}",
        )


def _references(model: Any, expressions: Iterable[Any], names: list[str]) -> Iterator[Finding]:
    """Yield that a constraint names what is not in the model's own table."""
    meta = model._meta
    named: dict[str, None] = dict.fromkeys(names)
    for full in sorted({name for each in expressions for name in _full_names(each)}):
        first, *rest = full.split("__")
        if first != "pk" or meta.pk.is_tuple:
            named[first] = None
        field = _forward(meta, first)
        if not rest or field is None or not field.is_relation or field.many_to_many or meta._by_name[first][1]:
            continue
        if field.get_transform(rest[0]) is None and field.get_lookup(rest[0]) is None:
            yield error("models.E041", f"'constraints' refers to the joined field '{full}'.", model)
    yield from _local(model, named, "constraints")


def _full_names(expression: Any) -> Iterator[str]:
    """Yield the names that a condition or an expression refers to, with everything after two underscores."""
    from partita.orm.expressions import F

    if isinstance(expression, tuple) and len(expression) == 2 and isinstance(expression[0], str):
        yield expression[0]
        yield from _full_names(expression[1])
    elif isinstance(expression, F):
        yield str(expression.name)
    elif isinstance(expression, list | tuple):
        for each in expression:
            yield from _full_names(each)
    elif isinstance(getattr(expression, "name", None), F):  # one that stands for a name not looked up yet
        yield str(expression.name.name)
    elif not isinstance(expression, str):
        yield from _full_names(list(getattr(expression, "children", ())))
        for source in getattr(expression, "sources", ()):
            if isinstance(source, str):
                yield source
            else:
                yield from _full_names(source)


def _has_raw_sql(expression: Any) -> bool:
    from partita.orm.expressions import RawSQL

    if isinstance(expression, tuple):
        return _has_raw_sql(expression[1])
    inside = [*getattr(expression, "children", ()), *getattr(expression, "sources", ())]
    return isinstance(expression, RawSQL) or any(_has_raw_sql(each) for each in inside if not isinstance(each, str))
