"""Views of the database as models: queries that are kept there under a name, computed at each read or kept as rows."""

import argparse
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from partita.contracts.current import Resolver
from partita.orm.altering import alters_data
from partita.orm.backends import ddl_backend
from partita.orm.constraints import literal_sql
from partita.orm.databases import DATABASES, current_databases
from partita.orm.errors import FieldError, ModelError, NotSupportedError, OrmError
from partita.orm.models import Model
from partita.orm.registry import registry

if TYPE_CHECKING:
    from partita.orm.database import Database

__all__ = ("RefreshViews", "View")

_VENDORS = ("sqlite", "postgresql", "mysql")


class View(Model):
    """A model whose rows a query gives; they are read, never written.

    ```
    class Sales(View):
        artist = OneToOneField(Artist, DO_NOTHING, primary_key=True, related_name="sales")
        total = DecimalField(max_digits=12, decimal_places=2)
        materialized = True

        @classmethod
        def definition(cls):
            return Artist.objects.order_by().values(artist=F("pk"), total=Sum("albums__price"))
    ```

    `Database.create_all` and migrations make the view, and make it anew when its query changes. One that is materialised is
    kept as rows by PostgreSQL until `refresh`, or the command ``refreshviews``, computes it anew; the other databases compute
    it at each read.

    Attributes:
        materialized: Whether the database keeps the rows.
    """

    materialized: ClassVar[bool] = False

    class Meta:
        abstract = True

    @classmethod
    def definition(cls) -> Any:
        """Return the query: a QuerySet whose ``values()`` are named as the fields, or SQL, or SQL by vendor.

        The columns of SQL are named as those of the fields, in any order.
        """
        raise ModelError(f"{cls.__name__} is a view without a query. Give it a class method definition().")

    @classmethod
    def view_sql(cls) -> dict[str, dict[str, Any]]:
        """Return for each vendor the statements that ``create`` the view, and the one that makes it ``drop``.

        Raises:
            FieldError: If the query's columns are not exactly the fields.
        """
        found: dict[str, dict[str, Any]] = {}
        for vendor in _VENDORS:
            try:
                found[vendor] = cls._statements(vendor)
            except NotSupportedError:
                continue
        return found

    @classmethod
    def _statements(cls, vendor: str) -> dict[str, Any]:
        meta = cls._meta
        quote = ddl_backend(vendor).quote
        given = cls.definition()
        if isinstance(given, Mapping):
            if vendor not in given:
                raise NotSupportedError(f"{meta.label} has no query for {vendor}.")
            given = given[vendor]
        columns = ""
        if not isinstance(given, str):
            names = [name for name, _ in given.query.columns or ()]
            fields = [meta.find(name)[0] for name in names]
            if None in fields or {id(field) for field in fields} != {id(field) for field in meta.local_fields}:
                wanted = ", ".join(field.attname for field in meta.local_fields)
                raise FieldError(
                    f"{meta.label}: the query gives {', '.join(names) or 'instances'}; the fields are {wanted}."
                )
            columns = f" ({', '.join(quote(field.column) for field in fields)})"
            given = literal_sql(given.query, vendor)
        kept = cls.materialized and vendor == "postgresql"
        kind, name = ("MATERIALIZED VIEW" if kept else "VIEW"), quote(meta.db_table)
        create = [f"CREATE {kind} {name}{columns} AS {given}"]
        if kept:  # without it nobody could read while it is refreshed
            key = ", ".join(quote(field.column) for field in meta.pk_fields)
            create.append(f"CREATE UNIQUE INDEX {quote(f'{meta.db_table}_key'[-63:])} ON {name} ({key})")
        return {"create": create, "drop": f"DROP {kind} IF EXISTS {name}"}

    @classmethod
    @alters_data
    def refresh(cls, *, concurrently: bool = True, using: "str | Database | None" = None) -> None:
        """Compute the rows of a materialised view anew; nothing is to be done for others.

        Args:
            concurrently: Let others read the old rows meanwhile.
            using: A database or its alias.
        """
        database = cls._where(using)
        if cls.materialized and database.vendor == "postgresql":
            how = "CONCURRENTLY " if concurrently else ""
            database.perform(
                database.run, f"REFRESH MATERIALIZED VIEW {how}{database.backend.quote(cls._meta.db_table)}", ()
            )

    @classmethod
    @alters_data
    async def arefresh(cls, *, concurrently: bool = True, using: "str | Database | None" = None) -> None:
        """Async twin of `refresh`."""
        await cls._where(using).arun(lambda: cls.refresh(concurrently=concurrently, using=using))

    @classmethod
    def _where(cls, using: "str | Database | None") -> "Database":
        if using is not None and not isinstance(using, str):
            return using
        databases = current_databases()
        return databases.for_write(cls) if using is None else databases[using]

    def save_base(self, *_: Any, **__: Any) -> None:
        """Refuse: rows of a view come from its query.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"{self._meta.label} is a view; change the rows that it is computed from.")

    def delete(self, using: "str | Database | None" = None, keep_parents: bool = False) -> tuple[int, dict[str, int]]:
        """Refuse: rows of a view come from its query.

        Raises:
            ModelError: Always.
        """
        raise ModelError(f"{self._meta.label} is a view; delete the rows that it is computed from.")


class RefreshViews:
    """``partita refreshviews``: computes materialised views anew."""

    name = "refreshviews"
    help = "Compute materialised views anew."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the arguments."""
        parser.add_argument("views", nargs="*", metavar="app.View", help="which ones; all by default")
        parser.add_argument("--database", default="default", help="alias of the database")
        parser.add_argument("--block", action="store_true", help="let nobody read meanwhile, which is quicker")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """Refresh them, and tell which."""
        known = {
            model._meta.label_lower: model
            for model in registry.get_models()
            if issubclass(model, View) and model.materialized
        }
        wanted = [label.lower() for label in options.views] or sorted(known)
        if unknown := [label for label in wanted if label not in known]:
            sys.stderr.write(f"{unknown[0][:80]} is no materialised view. There are: {', '.join(known) or 'none'}.\n")
            return 1
        with app.require(DATABASES) as databases:
            for label in wanted:
                try:
                    known[label].refresh(concurrently=not options.block, using=databases[options.database])
                except OrmError as error:
                    sys.stderr.write(f"{label}: {error}\n")
                    return 1
                sys.stdout.write(f"Refreshed {known[label]._meta.label}.\n")
        return 0
