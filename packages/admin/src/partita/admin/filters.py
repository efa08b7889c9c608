"""Filters of a list: a name in the address, what may be chosen, and what is left."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from zoneinfo import ZoneInfo

import msgspec

from partita.admin.errors import OptionsError
from partita.admin.fields import Translated, crosses_many, field_at, key_of, translated_at
from partita.contracts.current import find
from partita.contracts.i18n import LazyText, gettext
from partita.contracts.settings import TIME_ZONE, USE_TZ
from partita.http import Request
from partita.orm import BooleanField, DateField, DateTimeField, F, QuerySet, Value
from partita.orm.functions import Coalesce, NullIf
from partita.validation import ValidationError

if TYPE_CHECKING:
    from partita.admin.options import ModelAdmin

__all__ = (
    "BooleanFilter",
    "Choice",
    "ChoicesFilter",
    "DateFilter",
    "FieldFilter",
    "Filter",
    "RelatedFilter",
    "SimpleListFilter",
    "TranslatedFilter",
    "ValuesFilter",
    "make_filter",
)

NULL = "-"
"""The value that stands for an empty field."""
_RESERVED = frozenset({"q", "o", "p"})


class Choice(msgspec.Struct, frozen=True):
    """One entry of the filter's list."""

    value: str
    text: str
    selected: bool


class Filter(ABC):
    """Base of all filters.

    Args:
        request: Whose query says what was chosen.
        admin: Whose list it is.
        parameter: The name in the query.
        title: For people.
    """

    def __init__(self, request: Request, admin: "ModelAdmin", parameter: str, title: str) -> None:
        self.request, self.admin, self.parameter, self.title = request, admin, parameter, title
        self.value = request.query.get(parameter, "")[:200]

    @property
    def is_active(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.value)

    @property
    def choices(self) -> list[Choice] | None:
        """What may be chosen; None if that is too much for a list, so that a key is typed."""
        return [Choice(value, text, value == self.value) for value, text in self.options()]

    def options(self) -> Iterable[tuple[str, str]]:
        """Return pairs of value and text; none if `choices` makes its list by itself."""
        return ()

    @abstractmethod
    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Return what is left of ``queryset``; everything if the value is none of ours."""


class FieldFilter(Filter):
    """Base of the filters that look at one field.

    Args:
        request: As in `Filter`.
        admin: As in `Filter`.
        path: The field, or a path to it.
        field: What is there.
    """

    def __init__(self, request: Request, admin: "ModelAdmin", path: str, field: Any) -> None:
        title = str(field.verbose_name)
        super().__init__(request, admin, path, title[:1].upper() + title[1:])
        self.path, self.field = path, field

    def keep(self, queryset: QuerySet[Any], **lookups: object) -> QuerySet[Any]:
        """Return the rows of ``queryset`` that match, each once."""
        kept = queryset.filter(**lookups)
        return kept.distinct() if crosses_many(self.admin.model, self.path) else kept


class BooleanFilter(FieldFilter):
    """Yes, no, and unknown where that can be."""

    def options(self) -> Iterable[tuple[str, str]]:
        """See `Filter.options`."""
        unknown = [(NULL, gettext("Unknown"))] if self.field.null else []
        return [("1", gettext("Yes")), ("0", gettext("No")), *unknown]

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See `Filter.apply`."""
        wanted = {"1": True, "0": False, NULL: None}
        if self.value not in wanted:
            return queryset
        value = wanted[self.value]
        return self.keep(queryset, **({f"{self.path}__isnull": True} if value is None else {self.path: value}))


class ChoicesFilter(FieldFilter):
    """The choices that the field declares."""

    def options(self) -> Iterable[tuple[str, str]]:
        """See `Filter.options`."""
        return [(str(value), str(label)) for value, label in self.field.flatchoices if value is not None]

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See `Filter.apply`."""
        for value, _ in self.field.flatchoices:
            if value is not None and str(value) == self.value:
                return self.keep(queryset, **{self.path: value})
        return queryset


class RelatedFilter(FieldFilter):
    """The objects of another model; beyond a bound the user types a key instead of reading a list of thousands."""

    @property
    def choices(self) -> list[Choice] | None:
        """See `Filter.choices`."""
        manager = self.field.related_model._default_manager
        found = list(manager.all()[: self.admin.raw_id_limit + 1])
        if len(found) > self.admin.raw_id_limit:
            return None
        options = [(str(one.pk), str(one)) for one in found]
        if self.field.null:
            options.append((NULL, gettext("None")))
        return [Choice(value, text, value == self.value) for value, text in options]

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See `Filter.apply`."""
        if not self.value:
            return queryset
        if self.value == NULL:
            return self.keep(queryset, **{f"{self.path}__isnull": True})
        key = key_of(self.field.related_model, self.value)
        return queryset.none() if key is None else self.keep(queryset, **{f"{self.path}__pk": key})


class DateFilter(FieldFilter):
    """Today, the last days, this month, this year; in the time zone of the application."""

    def options(self) -> Iterable[tuple[str, str]]:
        """See `Filter.options`."""
        return [
            ("today", gettext("Today")),
            ("week", gettext("Past 7 days")),
            ("month", gettext("This month")),
            ("year", gettext("This year")),
        ]

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See `Filter.apply`."""
        zone = ZoneInfo(find(TIME_ZONE) or "UTC")
        today = datetime.now(zone).date()
        month_after = (today.replace(day=28) + timedelta(days=4)).replace(day=1)
        spans = {
            "today": (today, today + timedelta(days=1)),
            "week": (today - timedelta(days=6), today + timedelta(days=1)),
            "month": (today.replace(day=1), month_after),
            "year": (date(today.year, 1, 1), date(today.year + 1, 1, 1)),
        }
        if self.value not in spans:
            return queryset
        since, until = (self._moment(day, zone) for day in spans[self.value])
        return self.keep(queryset, **{f"{self.path}__gte": since, f"{self.path}__lt": until})

    def _moment(self, day: date, zone: ZoneInfo) -> date:
        if not isinstance(self.field, DateTimeField):
            return day
        if find(USE_TZ) is False:
            return datetime.combine(day, time.min)
        return datetime.combine(day, time.min, zone).astimezone(UTC)


class ValuesFilter(FieldFilter):
    """The values that are stored; beyond a bound the user types one."""

    @property
    def choices(self) -> list[Choice] | None:
        """See `Filter.choices`."""
        path, limit = self.path, self.admin.raw_id_limit
        values = self.admin.model._default_manager.order_by(path).values_list(path, flat=True).distinct()[: limit + 1]
        found = [value for value in values if value not in (None, "")]
        if len(found) > limit:
            return None
        return [Choice(str(value), str(value), str(value) == self.value) for value in found]

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See `Filter.apply`."""
        if not self.value:
            return queryset
        try:
            return self.keep(queryset, **{self.path: self.field.to_python(self.value)})
        except ValidationError:
            return queryset.none()


class TranslatedFilter(FieldFilter):
    """What a translated field says in the language in force, or where that is empty in the first one: as the list shows it."""

    @property
    def choices(self) -> list[Choice] | None:
        """See `Filter.choices`."""
        rows = self.admin.model._default_manager.annotate(**{self._name: self._shown()}).order_by(self._name)
        found = list(rows.values_list(self._name, flat=True).distinct()[: self.admin.raw_id_limit + 1])
        if len(found) > self.admin.raw_id_limit:
            return None
        labels = dict(self.field.column.flatchoices or ())
        return [
            Choice(str(value), str(labels.get(value, value)), str(value) == self.value)
            for value in found
            if value not in (None, "")
        ]

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See `Filter.apply`."""
        if not self.value:
            return queryset
        try:
            value = self.field.column.to_python(self.value)
        except ValidationError:
            return queryset.none()
        return self.keep(queryset.alias(**{self._name: self._shown()}), **{self._name: value})

    @property
    def _name(self) -> str:
        return f"{self.path}_shown".replace("__", "_")

    def _shown(self) -> Any:
        member = self.field.member
        way = self.path.removesuffix(member.name)
        first, here = f"{way}{member.column_for(member.languages[0])}", f"{way}{member.column_in_use()}"
        return F(first) if first == here else Coalesce(NullIf(F(here), Value("")), F(first))


class SimpleListFilter(Filter):
    """Inherit this for a filter of your own: set ``title`` and ``parameter_name``, define `lookups` and `queryset`."""

    title: str = ""
    parameter_name: ClassVar[str] = ""

    def __init__(self, request: Request, admin: "ModelAdmin") -> None:
        super().__init__(request, admin, self.parameter_name, str(type(self).title))

    @abstractmethod
    def lookups(self, request: Request, model_admin: "ModelAdmin") -> Iterable[tuple[str, str | LazyText]]:
        """Return pairs of value and text."""

    @abstractmethod
    def queryset(self, request: Request, queryset: QuerySet[Any]) -> QuerySet[Any] | None:
        """Return what is left of ``queryset`` for ``self.value``, or None for all of it."""

    def options(self) -> Iterable[tuple[str, str]]:
        """See `Filter.options`."""
        return [(str(value), str(text)) for value, text in self.lookups(self.request, self.admin)]

    def apply(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """See `Filter.apply`."""
        if self.value not in {value for value, _ in self.options()}:
            return queryset
        kept = self.queryset(self.request, queryset)
        return queryset if kept is None else kept


FilterSource = str | tuple[str, type[FieldFilter]] | type[SimpleListFilter]


def make_filter(request: Request, admin: "ModelAdmin", source: FilterSource) -> Filter:
    """Return the filter for one entry of ``list_filter``.

    Raises:
        OptionsError: If it names no field, or takes a name that the list needs itself.
    """
    if isinstance(source, type):
        made: Filter = source(request, admin)
    else:
        path, kind = source if isinstance(source, tuple) else (source, None)
        field = translated_at(admin.model, path) or field_at(admin.model, path)
        if field is None:
            raise OptionsError(type(admin).__name__, "list_filter", path, f"a field of {admin.model.__name__}")
        made = (kind or _kind_for(field))(request, admin, path, field)
    if made.parameter in _RESERVED:
        raise OptionsError(type(admin).__name__, "list_filter", made.parameter, "a name other than q, o and p")
    return made


def _kind_for(field: Any) -> type[FieldFilter]:
    if isinstance(field, Translated):
        return TranslatedFilter
    if field.related_model is not None:
        return RelatedFilter
    if field.choices:
        return ChoicesFilter
    if isinstance(field, BooleanField):
        return BooleanFilter
    return DateFilter if isinstance(field, DateField | DateTimeField) else ValuesFilter
