"""Text answers as SQLAlchemy's elements do where it can, and refuses to be taken for anything else."""

import operator
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy
from sqlalchemy.sql import operators

from partita.orm import CharField, Database, Func, Model, Registry, Transform
from partita.orm.compiler.direct import Direct
from partita.orm.expressions import Leaf
from partita.orm.sql_elements import and_, case, cast, constant, exists, extract, func, not_, nothing, or_, over
from partita.orm.written import PERCENT, NotPlain, Place, Written, WrittenSelect, text_of


class _Home:
    """Writes nothing."""

    def has_own_way(self, function: str) -> bool:
        return function == "substring"

    def around_cast(self, kind: Any) -> tuple[str, str]:
        return "CAST(", f" AS {kind})"

    def quoted(self, name: str) -> str:
        return f'"{name}"'


HOME = _Home()
A, B = Written("a", HOME), Written("b", HOME)


SHAPES: dict[str, Callable[[Any, Any], Any]] = {
    "operators": lambda p, q: p.op("+")(q).op("*")(p),
    "either": lambda p, q: or_(and_(p == q, p.is_(None)), p.in_([p, q]), q > p),
    "both": lambda p, q: and_(or_(p == q, q.is_not(None)), p.between(p, q.op("-")(p))),
    "not": lambda p, q: not_((p == q).self_group()) == case((p == q, p), else_=q.op("||")(p)),
    "an order": lambda p, q: func.coalesce(p.op("+")(q), q).op("<<")(extract("year", p)).desc().nulls_last(),
    "filtered": lambda p, q: func.max(p).filter(or_(p == q, q == p)).op("+")(func.min(q)),
    "over": lambda p, q: over(func.max(p), [q], [p.desc()], {}),
    "patterns": lambda p, q: or_(p.like(q, escape="/"), p.op("~", is_comparison=True)(q)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_brackets_stand_where_sqlalchemy_puts_them(name: str) -> None:
    x: Any = sqlalchemy.literal_column("a")
    y: Any = sqlalchemy.literal_column("b")
    assert SHAPES[name](A, B).sql == str(SHAPES[name](x, y))


def test_elements_of_sqlalchemy_do_not_take_text_for_a_value() -> None:
    column: Any = sqlalchemy.column("c")
    for mix in (
        lambda: sqlalchemy.func.lower(A),
        lambda: column == A,
        lambda: column.op("+")(A),
        lambda: sqlalchemy.cast(A, sqlalchemy.Text),
        lambda: sqlalchemy.and_(A, column == 1),
        lambda: sqlalchemy.case((A, column), else_=column),
        lambda: sqlalchemy.select(A),
        lambda: sqlalchemy.literal_column("x").in_([A]),
        lambda: func.lower.upper(A),
        lambda: and_(A, column == 1),
        lambda: A.operate(operators.eq, column),
        lambda: A.op("+")(1),
        lambda: A.in_([]),
        lambda: A.operate(operators.ne, B),
        lambda: A.operate(operators.eq, sqlalchemy.null()),
        lambda: not_(A),
        lambda: A.label("x"),
        lambda: A.op("+", precedence=5)(B),
        lambda: A.op("@", return_type=sqlalchemy.Boolean())(B),
        lambda: A.between(A, B, symmetric=True),
        lambda: A.is_(B),
        lambda: A.is_not(True),
        lambda: A.ilike(B),
        lambda: A.filter(B, B),
        lambda: A.type,
        lambda: f"{A}",
    ):
        with pytest.raises(NotPlain):
            mix()


@pytest.mark.parametrize(
    "name", ["add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "and_", "or_", "xor", "lt", "ne"]
)
def test_operators_whose_sql_depends_on_types_are_refused(name: str) -> None:
    operate = getattr(operator, name)
    for left, right in ((A, B), (A, 1), (1, A)):
        with pytest.raises(NotPlain):
            operate(left, right)


@pytest.mark.parametrize("name", ["neg", "invert", "truth", "index"])
def test_nothing_is_made_of_text_alone(name: str) -> None:
    with pytest.raises((NotPlain, TypeError)):
        getattr(operator, name)(A)


def test_functions_that_are_written_otherwise_are_refused() -> None:
    for name in ("now", "substring", "current_date", "NOW", "with space", "a;b", 'a"b'):
        with pytest.raises(NotPlain):
            getattr(func, name)(A)
    assert func.length(A).sql == "length(a)"
    assert text_of(sqlalchemy.func.count(sqlalchemy.literal_column("*")), None) == "count(*)"
    several: tuple[Any, ...] = (
        sqlalchemy.func.now(),
        sqlalchemy.func.x(1),
        sqlalchemy.column("c"),
        sqlalchemy.literal_column("\x020\x03"),
        1,
        "a",
        None,
    )
    for refused in several:
        with pytest.raises(NotPlain):
            text_of(refused, None)


def test_constants_are_of_the_kind_that_stands_beside_them() -> None:
    kind: Any = "t"
    assert constant("'%'", A).op("||")(B).sql == f"'{PERCENT}' || b"
    assert str(constant("'x'", sqlalchemy.column("c"))) == "'x'"
    assert nothing(A).sql == "0 = 1"
    assert isinstance(nothing(sqlalchemy.column("c")), sqlalchemy.sql.elements.False_)
    assert cast(A, kind).sql == "CAST(a AS t)"
    assert exists(WrittenSelect("SELECT 1", HOME)).sql == "EXISTS (SELECT 1)"
    assert Place("1", HOME).asc().nulls_first().again("x").sql == "x ASC NULLS FIRST"


class Shouted(Transform):
    """A function of the user's own, made of SQLAlchemy's elements."""

    lookup_name = "shouted"

    def call(self, compiler: Any, *arguments: Any) -> Any:
        return sqlalchemy.func.upper(sqlalchemy.func.trim(*arguments))


class Templated(Func):
    """A function of the user's own, written as text."""

    template = "%(function)s(%(expressions)s || '%%')"
    function = "upper"


def test_expressions_of_the_users_own_go_to_sqlalchemy_and_work() -> None:
    class Sign(Model):
        text = CharField(max_length=10)

        class Meta:
            registry = Registry()
            app_label = "signs"

    with Database("sqlite://") as database:
        database.create_all(Sign)
        Sign.objects.create(text=" hey ")
        for kind, expected in ((Shouted, "HEY"), (Templated, " HEY %")):
            rows = Sign.objects.annotate(n=kind("text", output_field=CharField()))
            assert list(rows.values_list("n", flat=True)) == [expected]
            assert rows.filter(n=expected).order_by("n").count() == 1
            leaves: list[Leaf] = []
            rows.query.shape(leaves)
            backend: Any = database.blocking
            with pytest.raises(NotPlain):
                Direct(backend, rows.query, leaves).rows()
