"""Logs without what fields of forms hold that nobody shall read: ``password=[FILTERED]``.

    logging.config.dictConfig({
        ...
        "filters": {"parameters": {"()": "partita.security.filtering.ParameterFilter"}},
        "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["parameters"]}},
    })

Put it on handlers: a filter on a logger does not see what loggers below it say.
"""

import logging
import re
from collections.abc import Iterable, Mapping

from partita.http.inline import Inline
from partita.http.request import Request
from partita.http.response import Response

__all__ = ("FILTERED", "MASK", "Filtering", "ParameterFilter", "parameters_middleware")

FILTERED = (
    "password", "passwd", "passphrase", "secret", "token", "api_key", "apikey", "api-key", "private_key", "credential",
    "authorization", "cookie", "sessionid", "csrf", "otp", "cvv", "cvc", "ssn",
)  # fmt: skip
"""Parts of names; ``token`` hides ``access_token`` as well."""
MASK = "[FILTERED]"

_DEEPEST, _MOST = 6, 200
_LONGEST = 2000
# What a value can look like: in quotes, in brackets, or up to what ends it in a query, a list or a sentence. No two of the
# alternatives begin with the same character, so each text is walked through once.
_VALUE = r"""(?:"(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?|\[[^\]]*\]?|\{[^}]*\}?|(?:(?:Bearer|Basic|Digest|Token)\ +)?[^\s&;,"'}\])<>]+)"""
_PLAIN = frozenset(vars(logging.makeLogRecord({})))

_log = logging.getLogger("partita.security.parameters")


class Filtering:
    """Hides values by the names of what they are values of.

    Args:
        names: Parts of names, whatever their case.
    """

    __slots__ = ("_in_text", "_name")

    def __init__(self, names: Iterable[str] = FILTERED) -> None:
        either = "|".join(sorted((re.escape(name) for name in names if name), key=len, reverse=True)) or r"(?!)"
        self._name = re.compile(either, re.IGNORECASE)
        self._in_text = re.compile(
            rf"((?:{either})[\w\-\]]{{0,64}}[\"']?\s{{0,3}}[=:]\s{{0,3}}){_VALUE}", re.IGNORECASE
        )

    def hides(self, name: str) -> bool:
        """Tell whether values of this name are hidden."""
        return self._name.search(name) is not None

    def values(self, values: Mapping[str, object]) -> dict[str, object]:
        """Return ``values`` with what is hidden replaced, at whatever depth.

        >>> Filtering().values({"name": "Anna", "login": {"password": "hunter2"}})
        {'name': 'Anna', 'login': {'password': '[FILTERED]'}}
        """
        found = self._inside(values, 0)
        assert isinstance(found, dict)
        return found

    def text(self, text: str) -> str:
        """Return ``text`` with values replaced that follow a hidden name, as in a query, in JSON or in a ``repr()``.

        >>> Filtering().text("GET /reset?token=abc&page=2")
        'GET /reset?token=[FILTERED]&page=2'
        """
        return self._in_text.sub(rf"\g<1>{MASK}", text)

    def _inside(self, value: object, depth: int) -> object:
        if depth > _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            pairs = list(value.items())[:_MOST]
            return {
                name: MASK if isinstance(name, str) and self.hides(name) else self._inside(each, depth + 1)
                for name, each in pairs
            }
        if isinstance(value, list | tuple):
            return [self._inside(each, depth + 1) for each in value[:_MOST]]
        return value


class ParameterFilter(logging.Filter):
    """Lets every record through, without the values of hidden names in its message and in what ``extra`` gave it.

    Args:
        names: Parts of names.
    """

    def __init__(self, names: Iterable[str] = FILTERED) -> None:
        super().__init__()
        self._filtering = Filtering(names)

    def filter(self, record: logging.LogRecord) -> bool:
        """Hide, and let through."""
        try:
            said = record.getMessage()
        except (TypeError, ValueError):  # the arguments do not fit: whoever formats it says so, and shows them
            record.msg, record.args = self._filtering.text(f"{record.msg} {record.args!r}"), ()
        else:
            shown = self._filtering.text(said)
            if shown != said:
                record.msg, record.args = shown, ()
        more = {name: value for name, value in vars(record).items() if name not in _PLAIN}
        if more:
            vars(record).update(self._filtering.values(more))
        if record.exc_info and record.exc_info[1] is not None and not record.exc_text:
            # What formatters would write themselves, as they write it; they take it if it is there.
            record.exc_text = self._filtering.text(logging.Formatter().formatException(record.exc_info))
        return True


def parameters_middleware(names: Iterable[str] = FILTERED) -> Inline:
    """Return the middleware that logs the fields of queries and forms, the hidden ones filtered, at the level INFO.

    A form is logged if the view has read it; nothing is read for the log.
    """
    filtering = Filtering(names)

    def after(request: Request, response: Response) -> Response:
        if _log.isEnabledFor(logging.INFO):
            form = request._form  # none of its names is public: who asks for the form has it read
            fields = {**request.query.dict(), **({} if form is None else form.dict())}
            shown = ascii(filtering.values(fields))
            _log.info("%s %s %d %s", request.method[:20], ascii(request.path[:500]), response.status, shown[:_LONGEST])
        return response

    return Inline(after=after)
