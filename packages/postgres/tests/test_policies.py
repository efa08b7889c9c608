"""Row-level security of a real PostgreSQL: made with the table and by migrations, and it hides what it shall."""

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from partita import orm
from partita.migrations.autodetector import detect
from partita.migrations.executor import change
from partita.migrations.migration import Migration
from partita.migrations.operations import AddConstraint, RemoveConstraint
from partita.migrations.questions import Answers
from partita.migrations.schema import SchemaEditor
from partita.migrations.state import ModelState, ProjectState
from partita.migrations.writer import write
from partita.orm import BigIntegerField, CharField, Database, Model, NotSupportedError, Q, Registry, atomic, connect
from partita.orm.errors import ProgrammingError
from partita.postgres import CurrentSetting, RowPolicy, asetting, setting

TENANT = CurrentSetting("app.tenant", BigIntegerField())
POLICY = RowPolicy(name="own_rows", using=Q(tenant=TENANT))


class Invoice(Model):
    """Of one tenant."""

    tenant = BigIntegerField()
    text = CharField(max_length=50, default="it's 100% {table}: \\x")

    class Meta:
        registry = Registry()
        app_label = "billing"
        constraints = (
            POLICY,
            RowPolicy(name="no_secrets", using=~Q(text__startswith="secret: %"), command="SELECT", restrictive=True),
        )


@pytest.fixture
def role(database: Database, schema: str) -> Iterator[str]:
    """A role that is no superuser, to whom policies apply."""
    name = f"partita_{secrets.token_hex(4)}"
    database.execute(f"CREATE ROLE {name}")
    database.execute(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
    database.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT ALL ON TABLES TO {name}")
    database.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT ALL ON SEQUENCES TO {name}")
    yield name
    database.execute(f"DROP OWNED BY {name}")
    database.execute(f"DROP ROLE {name}")


def test_other_tenants_see_nothing(database: Database, tables: Callable[..., None], role: str, run: Any) -> None:
    tables(Invoice)
    Invoice.objects.create(tenant=1, text="a")
    Invoice.objects.create(tenant=2, text="b")
    Invoice.objects.create(tenant=1, text="secret: %c")
    with atomic():
        database.execute(f"SET LOCAL ROLE {role}")
        assert Invoice.objects.count() == 0
        with setting("app.tenant", 1):
            assert [row.text for row in Invoice.objects.all()] == ["a"]
            assert Invoice.objects.filter(tenant=2).update(text="x") == 0
            Invoice.objects.create(tenant=1, text="mine")
            with pytest.raises(ProgrammingError, match="row-level security"), atomic():
                Invoice.objects.create(tenant=2, text="theirs")
            with setting("app.tenant", 2):
                assert [row.text for row in Invoice.objects.all()] == ["b"]
            assert Invoice.objects.count() == 2
        assert Invoice.objects.count() == 0

    async def awaited() -> None:
        async with atomic():
            await database.aexecute(f"SET LOCAL ROLE {role}")
            async with asetting("app.tenant", 2):
                assert [row.text async for row in Invoice.objects.all()] == ["b"]
            assert await Invoice.objects.acount() == 0

    run(awaited())


def model(*constraints: Any, table: str | None = None) -> ProjectState:
    fields = {"id": orm.BigAutoField(primary_key=True), "tenant": BigIntegerField()}
    options = {"constraints": constraints, **({"db_table": table} if table else {})}
    return ProjectState([ModelState("billing", "Bill", fields, {k: v for k, v in options.items() if v})])


def test_migrations_make_and_drop_them(database: Database) -> None:
    plain, secured = model(), model(POLICY)
    other = model(RowPolicy(name="own_rows", using=Q(tenant=TENANT), command="SELECT"))
    renamed = model(POLICY, table="bills")
    editor = SchemaEditor("postgresql", database.run, database=database)

    def go(before: ProjectState, after: ProjectState, backwards: bool = False) -> list[Any]:
        operations = [each.operation for each in detect(before, after, Answers())]
        kind = type("Migration", (Migration,), {"operations": operations, "__slots__": ()})
        change(kind("billing", "0001_test"), editor, before, after, backwards=backwards)
        assert write(kind("billing", "0001_test"))
        return operations

    def policies() -> list[Any]:
        return [
            tuple(row)
            for row in database.execute(
                "SELECT policyname, cmd FROM pg_policies WHERE schemaname = current_schema() ORDER BY 1"
            )
        ]

    def secure(table: str = "billing_bill") -> bool:
        return bool(database.execute("SELECT relrowsecurity FROM pg_class WHERE oid = to_regclass(%s)", [table])[0][0])

    go(ProjectState(), secured)
    assert policies() == [("own_rows", "ALL")]
    assert [type(each) for each in go(secured, plain)] == [RemoveConstraint]
    assert (policies(), secure()) == ([], False)
    assert [type(each) for each in go(plain, secured)] == [AddConstraint]
    assert (policies(), secure()) == ([("own_rows", "ALL")], True)
    go(plain, secured, backwards=True)
    assert (policies(), secure()) == ([], False)
    go(plain, secured)
    go(secured, other)
    assert policies() == [("own_rows", "SELECT")]
    go(other, secured)
    go(secured, renamed)
    assert (policies(), secure("bills")) == ([("own_rows", "ALL")], True)
    go(ProjectState(), renamed, backwards=True)
    assert policies() == []


def test_a_policy_is_written_as_it_was_given() -> None:
    policy = RowPolicy(name="own_rows", check=Q(tenant=TENANT), command="insert")
    path, _, arguments = policy.deconstruct()
    assert (path, arguments) == (
        "partita.postgres.RowPolicy",
        {"name": "own_rows", "check": Q(tenant=TENANT), "command": "INSERT"},
    )
    assert RowPolicy(**arguments) == policy


def test_elsewhere_nothing_is_made() -> None:
    with connect("sqlite://:memory:") as database:
        database.create_all(Invoice)
        Invoice.objects.create(tenant=1)
        Invoice(tenant=2).validate_constraints()
        assert Invoice.objects.count() == 1
        with pytest.raises(NotSupportedError), setting("app.tenant", 1):
            pass


def test_what_is_refused() -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"using": Q(tenant=1), "command": "DROP"},
        {"using": Q(tenant=1), "roles": ["x; --"]},
        {"using": Q(tenant=1), "name": 'x" ON y; --'},
    ]
    for given in wrong:
        with pytest.raises(ValueError, match=r"\S"):
            RowPolicy(**{"name": "x", **given})
    for name in ("tenant", "app.tenant'; --", "App.x"):
        with pytest.raises(ValueError, match="dot between"):
            CurrentSetting(name)
    path, _, arguments = RowPolicy(name="x", using=Q(tenant=TENANT), roles=["a"], command="select").deconstruct()
    assert path == "partita.postgres.RowPolicy"
    assert RowPolicy(**arguments).deconstruct() == (path, (), arguments)
