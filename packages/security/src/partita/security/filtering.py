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
    "password", "passwd", "pwd", "passphrase", "secret", "token", "api_key", "apikey", "api-key", "access_key", "private_key", "credential",
    "authorization", "cookie", "sessionid", "csrf", "otp", "cvv", "cvc", "ssn",
)  # fmt: skip
"""Parts of names; ``token`` hides ``access_token`` as well."""
MASK = "[FILTERED]"

_DEEPEST, _MOST = 6, 200
_LONGEST = 2000
# Between a name and its value: as in a query, in JSON (also in one that is a text of another), in `repr()`, in pairs of headers.
_BETWEEN = r"""(?:\\{0,8}["']?\s{0,3}(?:[=:]|%3[ADad])\s{0,3}|\\{0,8}["']\s{0,3},\s{0,3})"""
_SCHEME = re.compile(r"(?:Basic|Bearer|Digest|DPoP|Negotiate|NTLM|Token)\ +", re.IGNORECASE)
_BARE = re.compile(r"""[^\s&;,"'()\[\]{}]+""")
_IN_QUERY = re.compile(r"""[^\s&;"'(\[{]+""")  # addresses have commas and brackets that close nothing
_QUOTED = re.compile(r""""(?:\\.|[^"\\])*"?|'(?:\\.|[^'\\])*'?""", re.DOTALL)
_ESCAPED_QUOTE = re.compile(r"""\\+["']""")
_BRACKET_OR_QUOTED = re.compile(rf"[()\[\]{{}}]|{_QUOTED.pattern}", re.DOTALL)
# Fields whose values go to the end of the line.
_HEADER = re.compile(r"(?:authorization|cookie)\s{0,3}:\s{0,3}\Z", re.IGNORECASE)
_END_OF_LINE = re.compile(r"[\r\n]|\Z")
_IN_ADDRESS = re.compile(r"""(://[^\s/?#:@"']{0,64}:)[^\s/?#@"']{1,256}@""")
_PLAIN = frozenset(vars(logging.makeLogRecord({})))

_log = logging.getLogger("partita.security.parameters")


class Filtering:
    """Hides values by the names of what they are values of.

    Args:
        names: Parts of names, whatever their case.
    """

    __slots__ = ("_hides_addresses", "_in_text", "_name")

    def __init__(self, names: Iterable[str] = FILTERED) -> None:
        either = "|".join(sorted((re.escape(name) for name in names if name), key=len, reverse=True)) or r"(?!)"
        self._name = re.compile(either, re.IGNORECASE)
        self._in_text = re.compile(rf"(?:{either})[\w\-\]]{{0,64}}{_BETWEEN}", re.IGNORECASE)
        self._hides_addresses = self.hides("password")

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
        """Return ``text`` with values replaced that follow a hidden name, as in a query, in JSON or in a ``repr()``, and passwords in addresses.

        >>> Filtering().text("GET /reset?token=abc&page=2")
        'GET /reset?token=[FILTERED]&page=2'
        >>> Filtering().text("postgresql://shop:hunter2@db/shop")
        'postgresql://shop:[FILTERED]@db/shop'
        """
        parts: list[str] = []
        start = 0
        while (found := self._in_text.search(text, start)) is not None:
            end = _end_of_value(text, found.end(), found[0])
            parts += (text[start : found.end()], MASK) if end > found.end() else (text[start : found.end()],)
            start = end
        shown = "".join([*parts, text[start:]])
        return _IN_ADDRESS.sub(rf"\g<1>{MASK}@", shown) if self._hides_addresses and "://" in shown else shown

    def _inside(self, value: object, depth: int) -> object:
        if depth > _DEEPEST:
            return "…"
        if isinstance(value, Mapping):
            pairs = list(value.items())[:_MOST]
            return {name: MASK if self._is_hidden(name) else self._inside(each, depth + 1) for name, each in pairs}
        if isinstance(value, list | tuple):
            if len(value) == 2 and self._is_hidden(value[0]):  # a pair, as fields of requests come
                return [value[0], MASK]
            return [self._inside(each, depth + 1) for each in value[:_MOST]]
        return self.text(value) if isinstance(value, str) else value

    def _is_hidden(self, name: object) -> bool:
        if isinstance(name, bytes):
            name = name.decode("latin-1")
        return isinstance(name, str) and self.hides(name)


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
        if record.exc_info and record.exc_info[1] is not None:
            # What formatters would write themselves, as they write it; they take it if it is there. Another handler's formatter, which
            # had the record before, has left its own there.
            written = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_text = self._filtering.text(written)
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


def _end_of_value(text: str, start: int, said: str) -> int:
    """Return where the value ends that begins at ``start``; each character is looked at once.

    A value is what belongs together without a space: words, texts in quotes, calls, and brackets with all that is in them.

    Args:
        text: All of it.
        start: Where the value begins.
        said: What stands before: the name, and what is between.
    """
    escaped = _ESCAPED_QUOTE.match(text, start)
    if escaped is not None:  # a text within a text ends where the same quote stands again
        closing = re.compile(rf"(?<!\\){re.escape(escaped[0])}").search(text, escaped.end())
        return len(text) if closing is None else closing.end()
    if _HEADER.search(said) is not None and text[start : start + 1] not in {"'", '"', "[", "{", "("}:
        found = _END_OF_LINE.search(text, start)
        return len(text) if found is None else found.start()
    scheme = _SCHEME.match(text, start)
    at = start if scheme is None else scheme.end()
    words = _IN_QUERY if said[-1] == "=" else _BARE
    while True:
        bare = words.match(text, at)
        at = at if bare is None else bare.end()
        following = text[at : at + 1]
        if following and following in "\"'":
            quoted = _QUOTED.match(text, at)
            at = at + 1 if quoted is None else quoted.end()
        elif following and following in "([{":
            at = _end_of_brackets(text, at)
        else:
            return at


def _end_of_brackets(text: str, start: int) -> int:
    depth = 0
    for found in _BRACKET_OR_QUOTED.finditer(text, start):
        if found[0] in "([{":
            depth += 1
        elif found[0] in ")]}":
            depth -= 1
            if depth == 0:
                return found.end()
    return len(text)
