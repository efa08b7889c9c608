"""What is known of an exception: frames with their source and variables, the template, the request, the queries."""

import linecache
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import FrameType, TracebackType
from typing import Any, Protocol

from partita.http import Request, StatusError
from partita.views.sensitive import SENSITIVE_VARIABLES
from partita.web.masking import Mask

__all__ = ("ErrorReport", "Query")

_FRAMES = 100
_AROUND = 5
_GROUPED = 10


class Query(Protocol):
    """A statement that ran for the request."""

    @property
    def sql(self) -> str:
        """Without its parameters, which may be anybody's secrets."""
        ...

    @property
    def seconds(self) -> float:
        """How long it took."""
        ...

    @property
    def where(self) -> str:
        """File and line that asked."""
        ...


class ErrorReport:
    """A report of one exception.

    Args:
        request: What was being answered, if it was a request.
        error: What was raised.
        mask: What is hidden.
        queries: What ran until then.
    """

    def __init__(
        self, request: Request | None, error: BaseException, mask: Mask | None = None, queries: Sequence[Query] = ()
    ) -> None:
        self.request, self.error, self.queries = request, error, queries
        self.mask = mask or Mask()

    @property
    def status(self) -> int:
        """Of the answer."""
        return self.error.status if isinstance(self.error, StatusError) else 500

    @property
    def title(self) -> str:
        """One line."""
        return f"{type(self.error).__qualname__}: {self.error}"[:1000]

    def data(self) -> dict[str, Any]:
        """Return everything as what JSON knows."""
        return {
            "title": self.title,
            "status": self.status,
            "exceptions": list(self._exceptions(self.error)),
            "template": self._template(),
            "request": self._request(),
            "queries": [{"sql": each.sql, "seconds": each.seconds, "where": each.where} for each in self.queries],
        }

    def text(self) -> str:
        """Return the traceback, and the request below it, as plain text."""
        lines = ["".join(traceback.format_exception(self.error)).rstrip()]
        template = self._template()
        if template is not None:
            lines.append(f"\nIn the template {template['name']}, line {template['line']}:")
            lines += [
                f"{'>' if number == template['line'] else ' '} {number:4} {text}" for number, text in template["source"]
            ]
        if self.queries:
            lines.append(f"\n{len(self.queries)} queries, the last of them:")
            lines += [f"  {each.sql[:500]}" for each in self.queries[-5:]]
        for section, values in self._request().items():
            if values:
                lines.append(f"\n{section}:")
                lines += [f"  {name}: {value}" for name, value in values.items()]
        return "\n".join(lines) + "\n"

    def _exceptions(self, error: BaseException, relation: str = "") -> Iterator[dict[str, Any]]:
        for heading, each in _chain(error, relation):
            yield {
                "relation": heading,
                "type": type(each).__qualname__,
                "message": str(each),
                "notes": [str(note) for note in getattr(each, "__notes__", ())],
                "frames": list(self._frames(each.__traceback__)),
            }
            if isinstance(each, BaseExceptionGroup):
                for number, inner in enumerate(each.exceptions[:_GROUPED], 1):
                    yield from self._exceptions(inner, f"{number} of {len(each.exceptions)}:")

    def _frames(self, trace: TracebackType | None) -> Iterable[dict[str, Any]]:
        found: list[tuple[FrameType, int]] = []
        while trace is not None:
            found.append((trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        shown: list[dict[str, Any]] = []
        hidden: tuple[str, ...] = ()
        for frame, line in found:
            code, values = frame.f_code, frame.f_locals
            shown.append(
                {
                    "file": code.co_filename,
                    "line": line,
                    "function": code.co_qualname,
                    "source": _source(frame, line),
                    "names": self.variables(frame, hidden),
                }
            )
            # A decorator hides what stands in the frame that it calls, and its own arguments, which are the same.
            hidden = values.get(SENSITIVE_VARIABLES, ())
            if hidden:
                shown[-1]["names"] = {}
        return shown[-_FRAMES:][::-1]  # the place of the error first

    def variables(self, frame: FrameType, hidden: tuple[str, ...]) -> dict[str, str]:
        """Return the variables of a frame as they are shown.

        Args:
            frame: Of the traceback.
            hidden: Names that a decorator asks to hide.
        """
        return self.mask.variables(frame.f_locals, hidden)

    def _template(self) -> dict[str, Any] | None:
        error: BaseException | None = self.error
        for _ in range(20):
            if error is None:
                return None
            told: Mapping[str, Any] | None = getattr(error, "template_debug", None)
            if told:
                lines = [(number, str(text).rstrip("\n")) for number, text in told["source_lines"]]
                return {"name": str(told["name"]), "line": told["line"], "source": lines, "during": str(told["during"])}
            error = error.__cause__ or error.__context__
        return None

    def _request(self) -> dict[str, dict[str, str]]:
        request = self.request
        if request is None:
            return {}
        mask = self.mask
        line = {"method": request.method, "path": request.path, "scheme": request.scheme}
        user = request.state.get_by_name("user") if _is_made(request, "user") else None
        if user is not None:
            line["user"] = mask.shown("visitor", user)
        try:
            query = {name: mask.shown(name, value) for name, value in request.query.items()}
        except StatusError:
            query = {}
        return {
            "Request": line,
            "Query": query,
            "Form": mask.form(request),
            "Headers": {name: mask.shown(name, value) for name, value in request.headers.items()},
        }


def _chain(error: BaseException, relation: str) -> list[tuple[str, BaseException]]:
    chain: list[tuple[str, BaseException]] = []
    seen: set[int] = set()
    heading, current = relation, error
    while id(current) not in seen:
        seen.add(id(current))
        chain.append((heading, current))
        if current.__cause__ is not None:
            heading, current = "caused by", current.__cause__
        elif current.__context__ is not None and not current.__suppress_context__:
            heading, current = "while handling", current.__context__
    return chain


def _source(frame: FrameType, line: int) -> list[tuple[int, str]]:
    name = frame.f_code.co_filename
    linecache.checkcache(name)
    around = []
    for number in range(max(1, line - _AROUND), line + _AROUND + 1):
        text = linecache.getline(name, number, frame.f_globals)
        if text:
            around.append((number, text.rstrip()))
    return around


def _is_made(request: Request, short: str) -> bool:
    return any(slot.short == short and request.state.is_made(slot) for slot in request.state.slots())
