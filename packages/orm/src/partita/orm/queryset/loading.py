"""Steps that say what is loaded with the rows: fields now or later, and related rows."""

from collections.abc import Iterable
from typing import Self, TypeVar, cast

from partita.orm.errors import FieldError
from partita.orm.paths import no_field
from partita.orm.prefetch import Prefetch
from partita.orm.prefetch_modes import FetchMode
from partita.orm.queryset.steps import QuerySteps

__all__ = ("QueryLoading",)

R = TypeVar("R")


class QueryLoading(QuerySteps[R]):
    """Says what is loaded with the rows."""

    def only(self, *fields: str) -> Self:
        """Load these fields now and others when they are asked for; those that `defer` named before stay away."""
        self._refuse_combined("only")
        names = self._field_names("only", fields)
        query = self.query
        if query.deferred:
            names -= query.only or frozenset()
        return self._copy(query.having(only=names or None, deferred=False))

    def defer(self, *fields: str | None) -> Self:
        """Load these fields only when they are asked for; None loads all."""
        self._refuse_combined("defer")
        query = self.query
        if fields == (None,):
            return self._copy(query.having(only=None, deferred=False))
        names = self._field_names("defer", fields)
        if query.only is None or query.deferred:
            return self._copy(query.having(only=(query.only or frozenset()) | names, deferred=True))
        if rest := query.only - names:
            return self._copy(query.having(only=rest))
        names -= query.only
        return self._copy(query.having(only=names or None, deferred=bool(names)))

    def _field_names(self, method: str, fields: Iterable[str | None]) -> frozenset[str]:
        """Return names of fields as the query keeps them: a key by the names of its columns.

        Raises:
            FieldDoesNotExist: If there is no such field.
            FieldError: If a name goes on after a field that is no relation.
        """
        if self.query.columns is not None:
            raise TypeError(f"Cannot call {method}() after values() or values_list()")
        names: set[str] = set()
        for name in fields:
            if name is None:
                raise TypeError(f"Cannot pass None as an argument to {method}().")
            if name == "pk":
                names.update(field.name for field in self.model._meta.pk_fields)
                continue
            model = self.model
            for part in name.split("__"):
                if model is None:
                    raise FieldError(f"{name!r:.80} goes on after a field that is no relation.")
                found = model._meta.find(part)[0]
                if found is None:
                    raise no_field(model, part)
                model = found.related_model if found.is_relation else None
            names.add(name)
        return frozenset(names)

    # -- related rows -----------------------------------------------------------------------------------------------

    def select_related(self, *names: str | None) -> Self:
        """Load related rows in the same query; without names, all that are not null; with None, none."""
        self._refuse_combined("select_related")
        if self.query.columns is not None:
            raise TypeError("Cannot call .select_related() after .values() or .values_list()")
        if names == (None,):
            return self._copy(self.query.having(related=()))
        if not names:
            return self._copy(self.query.having(related=True))
        given = cast("tuple[str, ...]", names)
        for name in given:
            self._check_related(name)
        known = self.query.related if isinstance(self.query.related, tuple) else ()
        return self._copy(self.query.having(related=(*known, *given)))

    def _check_related(self, name: str) -> None:
        model = self.model
        for part in name.split("__"):
            found = model._meta.find(part)[0]
            if found is None or not found.is_relation or found.many_to_many or found.one_to_many:
                choices = ", ".join(
                    f.name for f in model._meta.get_fields() if f.is_relation and (f.many_to_one or f.one_to_one)
                )
                raise FieldError(
                    f"Invalid field name(s) given in select_related: {part!r:.80}. Choices are: {choices or '(none)'}"
                )
            model = found.steps()[-1].model

    def prefetch_related(self, *lookups: "str | Prefetch | None") -> Self:
        """Load related rows, also many, with one more query for each relation; None forgets those asked before."""
        copy = self._copy()
        copy._prefetch = () if lookups == (None,) else (*self._prefetch, *cast("tuple[str | Prefetch, ...]", lookups))
        return copy

    def fetch_mode(self, mode: FetchMode) -> Self:
        """Say what happens when something is asked for that was not loaded.

        Args:
            mode: ``FETCH_PEERS`` (for all rows of this query at once, the default), ``FETCH_ONE`` or ``FETCH_RAISE``.
        """
        copy = self._copy()
        copy._mode = FetchMode(mode)
        return copy
