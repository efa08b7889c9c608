"""Controls for days and times."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from partita.contracts.i18n import gettext, gettext_lazy
from partita.forms.data import FormData, has_value, one_value
from partita.forms.renderers import BaseRenderer
from partita.forms.widgets.base import SubWidget, Widget
from partita.forms.widgets.choices import Select
from partita.forms.widgets.inputs import Input
from partita.validation import Message

__all__ = ("DateInput", "DateTimeInput", "SelectDateWidget", "TimeInput")


class DateInput(Input):
    """A day.

    Args:
        attrs: Attributes of the element; ``{"type": "text"}`` for a plain line of text.
        format: How to write it (`datetime.date.strftime`); the default is what browsers expect.
    """

    reads_shared = True
    input_type = "date"
    template_name = "partita/forms/widgets/date.html"
    supports_microseconds = False
    format: str | None = None

    def __init__(self, attrs: Mapping[str, object] | None = None, format: str | None = None) -> None:
        super().__init__(attrs)
        self.format = format or self.format

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template; browsers take a local way of writing only in a line of text."""
        context = super().get_context(name, value, attrs)
        if self.is_localized and self.input_type != "hidden":
            context["widget"]["type"] = "text"
        return context

    def format_value(self, value: object) -> object:
        """Return the day as ISO 8601 writes it, or by ``format``, or as the current language does if it is localised."""
        if not isinstance(value, datetime.date):
            return super().format_value(value)
        if self.format is not None:
            return value.strftime(self.format)
        day = value.date() if isinstance(value, datetime.datetime) else value
        return super().format_value(day) if self.is_localized else day.isoformat()


class DateTimeInput(DateInput):
    """A day and a time of day."""

    reads_shared = True
    input_type = "datetime-local"
    template_name = "partita/forms/widgets/datetime.html"

    def format_value(self, value: object) -> object:
        """Return day and time as ISO 8601 writes them, without the zone, or by ``format``, or as the language does."""
        if not isinstance(value, datetime.datetime) or self.format is not None:
            return super().format_value(value)
        if self.is_localized:
            return Widget.format_value(self, value)
        return value.replace(tzinfo=None).isoformat(timespec="minutes" if _whole_minute(value) else "auto")


class TimeInput(DateInput):
    """A time of day."""

    reads_shared = True
    input_type = "time"
    template_name = "partita/forms/widgets/time.html"

    def format_value(self, value: object) -> object:
        """Return the time as ISO 8601 writes it, or by ``format``, or as the language does."""
        if not isinstance(value, datetime.time):
            return super().format_value(value)
        if self.format is not None:
            return value.strftime(self.format)
        if self.is_localized:
            return Widget.format_value(self, value)
        return value.replace(tzinfo=None).isoformat()


def _whole_minute(value: datetime.datetime) -> bool:
    return not value.second and not value.microsecond


_DAY = re.compile(r"(\d{1,4})-(\d{1,2})-(\d{1,2})", re.ASCII)
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class SelectDateWidget(Widget):
    """A day in three lists: year, month and day, in the order of the current language.

    Args:
        attrs: Attributes for each list.
        years: The years offered; this one and the nine after it unless given.
        months: Names by number; those of the current language unless given.
        empty_label: What stands for nothing chosen: one text for all three, or three texts for year, month and day.

    Raises:
        ValueError: If ``empty_label`` is a list of another length.
    """

    reads_shared = True
    none_value = ("", "---")
    month_field = "%s_month"
    day_field = "%s_day"
    year_field = "%s_year"
    template_name = "partita/forms/widgets/select_date.html"
    select_widget: type[Select] = Select
    use_fieldset = True
    part_labels: Mapping[str, Message] = {
        "year": gettext_lazy("Year"), "month": gettext_lazy("Month"), "day": gettext_lazy("Day"),
    }  # fmt: skip
    """What each list is called for those who hear the page; the legend names the whole."""
    labels_parts: bool = False
    """True if the lists belong to a field of a form, which has them called by ``part_labels``."""

    def __init__(
        self,
        attrs: Mapping[str, object] | None = None,
        years: Iterable[int | str] | None = None,
        months: Mapping[int, object] | None = None,
        empty_label: str | Sequence[str] | None = None,
    ) -> None:
        super().__init__(attrs)
        self.years = None if years is None else list(years)
        self.months = months
        label: str | Sequence[str] = self.none_value[1] if empty_label is None else empty_label
        labels = (label,) * 3 if isinstance(label, str) else tuple(label)
        if len(labels) != 3:
            raise ValueError(f"empty_label is one text or three (year, month, day), got {len(labels)}.")
        self.empty_labels = labels

    def get_context(self, name: str, value: object, attrs: Mapping[str, object] | None) -> dict[str, Any]:
        """Return the data of the template, with that of the three lists under ``subwidgets``."""
        context = super().get_context(name, value, attrs)
        found: Mapping[str, object] = context["widget"]["value"]
        own = context["widget"]["attrs"]
        choices: dict[str, list[tuple[object, object]]] = {
            "year": self._years(),
            "month": self._months(),
            "day": [(day, day) for day in range(1, 32)],
        }
        subwidgets = []
        for index, part in enumerate(("year", "month", "day")):
            pairs = list(choices[part])
            if not self.is_required:
                pairs.insert(0, ("", self.empty_labels[index]))
            part_name = self._name(part, name)
            more = {**own, "id": f"id_{part_name}" if "id" not in own else f"{own['id']}_{part}"}
            if own.get("id") is None:
                del more["id"]
            if self.labels_parts:
                more.setdefault("aria-label", self.part_labels[part])
            if self.is_required and pairs and pairs[0][0] != "":
                more.pop("required", None)  # there is always a choice, and HTML wants an empty one beside the attribute
            select = self.select_widget({}, choices=pairs)
            select.is_required = self.is_required
            subwidgets.append((part, select.get_context(part_name, found.get(part), more)["widget"]))
        order = self._order()
        context["widget"]["subwidgets"] = [one for _, one in sorted(subwidgets, key=lambda pair: order.index(pair[0]))]
        return context

    def subwidgets(
        self,
        name: str,
        value: object,
        attrs: Mapping[str, object] | None = None,
        renderer: BaseRenderer | None = None,
    ) -> Iterator[SubWidget]:
        """Iterate over the three lists."""
        for one in self.get_context(name, value, attrs)["widget"]["subwidgets"]:
            yield SubWidget(self, one, renderer)

    def format_value(self, value: object) -> dict[str, object]:
        """Return year, month and day, as numbers or as they were sent; empty where there is none."""
        if isinstance(value, datetime.date):
            return {"year": value.year, "month": value.month, "day": value.day}
        found = _DAY.fullmatch(value) if isinstance(value, str) and len(value) <= 16 else None
        if found is None:
            return {"year": None, "month": None, "day": None}
        parts = dict(zip(("year", "month", "day"), map(int, found.groups()), strict=True))
        return {part: number or "" for part, number in parts.items()}

    def value_from_datadict(self, data: FormData, files: FormData, name: str) -> object:
        """Return the day as ISO 8601 writes it, an empty text if nothing was chosen, or None if nothing was sent.

        What is no day stays as it is, ``2026-0-31``, so that the field refuses it and the lists show it again.
        """
        sent = [one_value(data, self._name(part, name)) for part in ("year", "month", "day")]
        if all(one is None for one in sent):
            return one_value(data, name)
        texts = [str(one or "")[:8] for one in sent]
        if not any(texts):
            return ""
        try:
            return datetime.date(*map(int, texts)).isoformat()
        except (ValueError, OverflowError):
            return "-".join(text or "0" for text in texts)

    def value_omitted_from_data(self, data: FormData, files: FormData, name: str) -> bool:
        """Tell whether none of the three was sent."""
        return not any(has_value(data, self._name(part, name)) for part in ("year", "month", "day"))

    def id_for_label(self, id_: str | None) -> str | None:
        """Return the ``id`` of the first list."""
        return f"{id_}_{self._order()[0]}" if id_ else None

    def _name(self, part: str, name: str) -> str:
        pattern: str = getattr(self, f"{part}_field")
        return pattern.replace("%s", name)

    def _years(self) -> list[tuple[object, object]]:
        now = datetime.datetime.now(tz=datetime.UTC).year
        return [(year, year) for year in (range(now, now + 10) if self.years is None else self.years)]

    def _months(self) -> list[tuple[object, object]]:
        if self.months is not None:
            return list(self.months.items())
        from partita.text.formats import current_formats  # only this control needs the names of months

        names = current_formats().months or tuple(map(gettext, _MONTHS))
        return list(enumerate(names, start=1))

    def _order(self) -> list[str]:
        from partita.text.formats import current_formats

        letters = {"y": "year", "Y": "year", "m": "month", "n": "month", "F": "month", "M": "month", "N": "month",
                   "b": "month", "d": "day", "j": "day"}  # fmt: skip
        order = [letters[letter] for letter in current_formats().named["DATE_FORMAT"] if letter in letters]
        return list(dict.fromkeys([*order, "month", "day", "year"]))
