"""Reports of exceptions as classes to inherit: Django's `ExceptionReporter` and `SafeExceptionReporterFilter`, over `ErrorReport`.

A class of one's own is named in ``[web] exception_reporter``, or set on one request as ``request.exception_reporter_class``; a filter in
``[web] exception_reporter_filter``, or as ``request.exception_reporter_filter``.
"""

import sys
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from partita.contracts.current import find
from partita.http import Request, StatusError
from partita.http.drafts import DRAFT, HttpRequest
from partita.views.sensitive import SENSITIVE_VARIABLES
from partita.web.error_report import ErrorReport
from partita.web.keys import QUERIES, REPORTS
from partita.web.masking import Mask

__all__ = (
    "ExceptionReporter",
    "SafeExceptionReporterFilter",
    "chosen_filter",
    "chosen_reporter",
    "default_filter",
    "default_reporter",
)

_UNKNOWN_SOURCE = "<source code not available>"
_Asked = Request | HttpRequest | None


class SafeExceptionReporterFilter(Mask):
    """Says what reports hide: values with telling names, and what `sensitive_variables` and `sensitive_post_parameters` name.

    It is active in development as well, for pages are shown around and screens shared.
    """

    def is_active(self, request: _Asked) -> bool:
        """Tell whether anything is hidden in a report about ``request``."""
        return True

    def cleanse_setting(self, key: object, value: object) -> object:
        """Return ``value`` with everything hidden that has a telling name, be it ``key`` or one inside of it; inherit it for more."""
        if isinstance(key, str) and self.hides(key):
            return self.cleansed_substitute
        return self._inside(value, 0)

    def shown(self, name: str, value: object) -> str:
        """See `Mask.shown`; what `cleanse_setting` says counts."""
        if type(self).cleanse_setting is not SafeExceptionReporterFilter.cleanse_setting:
            value = self.cleanse_setting(name, value)
            if isinstance(value, str) and value == self.cleansed_substitute:
                return self.cleansed_substitute
        return super().shown(name, value)

    def get_safe_request_meta(self, request: _Asked) -> dict[str, object]:
        """Return ``META`` of a request without what has telling names."""
        if request is None:
            return {}
        return {key: self.cleanse_setting(key, value) for key, value in HttpRequest.of(request).META.items()}

    def get_safe_cookies(self, request: _Asked) -> dict[str, object]:
        """Return the cookies of a request without what has telling names."""
        if request is None:
            return {}
        return {key: self.cleanse_setting(key, value) for key, value in HttpRequest.of(request).COOKIES.items()}

    def get_post_parameters(self, request: _Asked) -> dict[str, str]:
        """Return the fields of the form as they are shown."""
        wire = _wire(request)
        if wire is None:
            return {}
        draft = wire.state.get(DRAFT)
        if draft is not None and "POST" in draft.__dict__:
            fields = dict(draft.POST.items())
        else:
            fields = {} if wire._form is None else wire._form.dict()
        if not self.is_active(request):
            return {name: repr(value) for name, value in fields.items()}
        return self.variables(fields, self.hidden_fields(wire))

    def get_traceback_frame_variables(self, request: _Asked, tb_frame: FrameType) -> dict[str, str]:
        """Return the variables of a frame as they are shown."""
        caller = tb_frame.f_back
        hidden = () if caller is None else caller.f_locals.get(SENSITIVE_VARIABLES, ())
        return self.frame(request, tb_frame, hidden)

    def frame(self, request: _Asked, tb_frame: FrameType, hidden: tuple[str, ...]) -> dict[str, str]:
        """Return the variables of a frame as they are shown, where it is known what a decorator hides."""
        if self.is_active(request):
            return self.variables(tb_frame.f_locals, hidden)
        return {name: _Bare().shown(name, value) for name, value in sorted(tb_frame.f_locals.items())}


class _Bare(Mask):
    def hides(self, name: str) -> bool:
        return False


class ExceptionReporter:
    """A report of one exception.

    Args:
        request: What was being answered, if it was a request.
        exc_type: The class of the exception; None for a message alone.
        exc_value: The exception, or a message.
        tb: Its traceback.
        is_email: Whether the report leaves this machine: variables are then left out of the text.
    """

    html_template_path: Path | None = None
    """A template of one's own for the page; it gets `get_traceback_data`."""
    text_template_path: Path | None = None
    """The same for the text."""

    def __init__(
        self,
        request: _Asked,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | str | None,
        tb: TracebackType | None,
        is_email: bool = False,
    ) -> None:
        self.request, self.exc_type, self.exc_value, self.tb, self.is_email = request, exc_type, exc_value, tb, is_email
        self.filter = chosen_filter(request)

    @property
    def title(self) -> str:
        """What happened and where, on one line."""
        kind = "Report" if self.exc_type is None else self.exc_type.__name__
        path = "" if self._wire is None else f" at {self._wire.root_path}{self._wire.path}"
        return f"{kind}{path}"[:1000]

    @property
    def message(self) -> str:
        """What the exception says, with its notes."""
        value = self.exc_value
        if value is None:
            return "No exception message supplied"
        try:
            shown = str(value)
        except Exception:  # noqa: BLE001 - anybody's __str__ may fail in any way
            shown = f"<{type(value).__qualname__} without a text>"
        return "\n".join([shown, *map(str, getattr(value, "__notes__", ()))])

    def get_traceback_frames(self) -> list[dict[str, Any]]:
        """Return the frames, those of the first cause first and the place of the error last."""
        frames: list[dict[str, Any]] = []
        for each in reversed(self._data["exceptions"]):
            for frame in reversed(each["frames"]):
                lines: dict[int, str] = dict(frame["source"])
                here = frame["line"]
                frames.append(
                    {
                        "exc_cause": each["relation"],
                        "type": "user",
                        "filename": frame["file"],
                        "function": frame["function"],
                        "lineno": here,
                        "vars": list(frame["names"].items()),
                        "pre_context": [text for number, text in lines.items() if number < here],
                        "context_line": lines.get(here, _UNKNOWN_SOURCE),
                        "post_context": [text for number, text in lines.items() if number > here],
                        "pre_context_lineno": min([*lines, here]),
                    }
                )
        return frames

    def get_traceback_data(self) -> dict[str, Any]:
        """Return everything that templates of one's own need; inherit it to add more."""
        frames, wire = self.get_traceback_frames(), self._wire
        return {
            "is_email": self.is_email,
            "title": self.title,
            "exception_type": None if self.exc_type is None else self.exc_type.__name__,
            "exception_value": self.message if self.exc_value is not None else None,
            "frames": frames,
            "lastframe": frames[-1] if frames else None,
            "template_info": self._data["template"],
            "request": self.request,
            "request_line": [] if wire is None else self._summary(wire),
            "request_data": self._request_data(),
            "user_str": self._user(),
            "filtered_POST_items": list(self.filter.get_post_parameters(self.request).items()),
            "queries": self._data["queries"],
            "server_time": datetime.now(UTC),
            "sys_executable": sys.executable,
            "sys_version_info": ".".join(map(str, sys.version_info[:3])),
            "sys_path": sys.path,
        }

    def get_traceback_html(self) -> str:
        """Return the report as a page."""
        from partita.web.exception_pages import html_page

        return self._by_template(self.html_template_path) or html_page(self.get_traceback_data(), self._data)

    def get_traceback_text(self) -> str:
        """Return the report as plain text."""
        from partita.web.exception_pages import text_page

        error = self.exc_value if isinstance(self.exc_value, BaseException) else None
        return self._by_template(self.text_template_path) or text_page(self.get_traceback_data(), error)

    @cached_property
    def _wire(self) -> Request | None:
        return _wire(self.request)

    @cached_property
    def _data(self) -> dict[str, Any]:
        error = self.exc_value if isinstance(self.exc_value, BaseException) else None
        if error is None:
            return {"exceptions": [], "template": None, "request": {}, "queries": []}
        if error.__traceback__ is None and self.tb is not None:
            error = error.with_traceback(self.tb)
        queries = () if self._wire is None else tuple(self._wire.state.get(QUERIES) or ())
        return _FilteredReport(self._wire, error, self.filter, queries, self.request).data()

    def _summary(self, wire: Request) -> list[tuple[str, str]]:
        host = wire.headers.get("host", "")[:255]  # whether it is allowed or not: it may be what is wrong
        return [("Request Method", wire.method), ("Request URL", f"{wire.scheme}://{host}{wire.full_path}")]

    def _user(self) -> str | None:
        request = self.request
        user = getattr(request, "__dict__", {}).get("user")
        if user is None and self._wire is not None:
            made = [
                slot for slot in self._wire.state.slots() if slot.short == "user" and self._wire.state.is_made(slot)
            ]
            user = self._wire.state[made[0]] if made else None
        if user is None:
            return None
        try:
            return str(user)[:200]
        except Exception:  # noqa: BLE001 - the database may be what is wrong
            return "[unable to retrieve the current user]"

    def _request_data(self) -> dict[str, dict[str, str]]:
        wire = self._wire
        if wire is None:
            return {}
        try:
            query = {name: self.filter.shown(name, value) for name, value in wire.query.items()}
        except StatusError:
            query = {}
        draft = wire.state.get(DRAFT)
        files = draft.FILES if draft is not None and "FILES" in draft.__dict__ else getattr(wire._form, "files", None)
        cookies = dict(wire.cookies) if draft is None else draft.COOKIES
        return {
            "GET": query,
            "POST": self.filter.get_post_parameters(self.request),
            "FILES": {name: self.filter.shown(name, each) for name, each in (files.items() if files else ())},
            "COOKIES": {name: self.filter.shown(name, value) for name, value in cookies.items()},
            "Headers": {name: self.filter.shown(name, value) for name, value in wire.headers.items()},
        }

    def _by_template(self, path: Path | None) -> str:
        if path is None:
            return ""
        from partita.templates import Engine  # an extra: whoever has templates of their own has it

        return Engine(dirs=[str(path.parent)]).render(path.name, self.get_traceback_data())


class _FilteredReport(ErrorReport):
    """A report whose frames the filter sees."""

    def __init__(
        self, wire: Request | None, error: BaseException, mask: SafeExceptionReporterFilter, queries: Any, asked: _Asked
    ) -> None:
        super().__init__(wire, error, mask, queries)
        self._filter, self._asked = mask, asked

    def variables(self, frame: FrameType, hidden: tuple[str, ...]) -> dict[str, str]:
        """See `ErrorReport.variables`."""
        if (
            type(self._filter).get_traceback_frame_variables
            is not SafeExceptionReporterFilter.get_traceback_frame_variables
        ):
            return dict(self._filter.get_traceback_frame_variables(self._asked, frame))
        return self._filter.frame(self._asked, frame, hidden)


def chosen_reporter(request: _Asked) -> type[ExceptionReporter]:
    """Return the class of reports about ``request``: its own, that of the application's settings, or `ExceptionReporter`."""
    return default_reporter(request) or ExceptionReporter


def default_reporter(request: _Asked) -> type[ExceptionReporter] | None:
    """Return the class of reports that somebody chose for ``request`` or the application; None if nobody did."""
    own: type[ExceptionReporter] | None = _own(request, "exception_reporter_class")
    if own is None:
        own = named((find(REPORTS) or {}).get("reporter", ""), None)
    return own


def chosen_filter(request: _Asked) -> SafeExceptionReporterFilter:
    """Return the filter of reports about ``request``: its own, that of the application's settings, or the usual one."""
    found = _own(request, "exception_reporter_filter")
    return found if found is not None else default_filter()


def default_filter() -> SafeExceptionReporterFilter:
    """Return the filter that the current application's settings name, or the usual one."""
    made: SafeExceptionReporterFilter = named((find(REPORTS) or {}).get("filter", ""), SafeExceptionReporterFilter)()
    return made


def named(name: str, default: Any) -> Any:
    """Return what a dotted name means; ``default`` for an empty one.

    Raises:
        ImportError: If there is no such thing.
    """
    if not name:
        return default
    from importlib import import_module

    module, _, attribute = name.rpartition(".")
    try:
        return getattr(import_module(module), attribute)
    except AttributeError as error:
        raise ImportError(f"{module} has no {attribute!r}, which the section web of the settings names") from error


def _own(request: _Asked, name: str) -> Any:
    draft = request if isinstance(request, HttpRequest) else None if request is None else request.state.get(DRAFT)
    return None if draft is None else draft.__dict__.get(name)


def _wire(request: _Asked) -> Request | None:
    return request.seal() if isinstance(request, HttpRequest) else request
