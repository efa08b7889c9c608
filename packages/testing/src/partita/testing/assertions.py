"""What tests assert of answers, forms, markup and queries, with Django's names in lower case."""

import difflib
import json
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol
from urllib.parse import parse_qsl, urljoin, urlsplit
from xml.etree import ElementTree

from partita.testing.client import Client
from partita.testing.markup import count_in, parse_html
from partita.testing.responses import ClientResponse

__all__ = (
    "assert_contains",
    "assert_form_error",
    "assert_html_equal",
    "assert_html_not_equal",
    "assert_in_html",
    "assert_json_equal",
    "assert_json_not_equal",
    "assert_not_contains",
    "assert_not_in_html",
    "assert_num_queries",
    "assert_queryset_equal",
    "assert_raises_message",
    "assert_redirects",
    "assert_url_equal",
    "assert_warns_message",
    "assert_xml_equal",
    "assert_xml_not_equal",
)

_SHOWN = 300


class FormLike(Protocol):
    """A form that may have been filled in wrongly."""

    @property
    def errors(self) -> Mapping[str, Iterable[object]]:
        """Messages by field."""
        ...

    def non_field_errors(self) -> Iterable[object]:
        """Return the messages that belong to no field."""
        ...


class QueryLog(Protocol):
    """A database that tells what it was asked."""

    def query_log(self) -> Any:
        """Return a context manager that gives a list of the statements that run in it."""
        ...


# -- answers


def assert_contains(
    response: ClientResponse, text: str | bytes, count: int | None = None, status: int = 200, html: bool = False
) -> None:
    """Assert the status of an answer, and that its body holds ``text``.

    Args:
        response: What the client got.
        text: What must be in it.
        count: How often; at least once by default.
        status: The status it must have.
        html: Whether to compare as `assert_in_html` does.
    """
    found = _count(response, text, status, html)
    wanted = text.decode() if isinstance(text, bytes) else text
    if count is None:
        _assert(found > 0, f"{wanted[:_SHOWN]!r} is not in the answer: {_shown(response)}")
    else:
        _assert(found == count, f"{wanted[:_SHOWN]!r} is in the answer {found} times, not {count}: {_shown(response)}")


def assert_not_contains(response: ClientResponse, text: str | bytes, status: int = 200, html: bool = False) -> None:
    """Assert the status of an answer, and that its body does not hold ``text``."""
    found = _count(response, text, status, html)
    wanted = text.decode() if isinstance(text, bytes) else text
    _assert(found == 0, f"{wanted[:_SHOWN]!r} is in the answer: {_shown(response)}")


def assert_redirects(
    response: ClientResponse,
    expected: str,
    status: int = 302,
    target_status: int = 200,
    *,
    client: Client | None = None,
) -> None:
    """Assert that an answer redirects, and where to.

    Args:
        response: The redirect; or, if the client followed it, where that led.
        expected: The URL, relative or whole; a query's order does not count.
        status: Of the (first) redirect.
        target_status: Of what it leads to, if it was followed or ``client`` is given.
        client: Asks for the target.
    """
    if response.history:
        first = response.history[0]
        _assert(first.status == status, f"the first answer has status {first.status}, not {status}")
        _assert(response.status == target_status, f"the last answer has status {response.status}, not {target_status}")
        location, at = response.history[-1].location, response.history[-1]
    else:
        _assert(response.status == status, f"the answer has status {response.status}, not {status}")
        location, at = response.location, response
        if client is not None:
            target = client.get(urljoin(at.request.path, location))
            _assert(
                target.status == target_status, f"{location} answers with status {target.status}, not {target_status}"
            )
    base = at.request.url
    _assert(
        _normal_url(urljoin(base, location)) == _normal_url(urljoin(base, expected)),
        f"it redirects to {location!r}, not to {expected!r}",
    )


# -- forms and URLs


def assert_form_error(form: FormLike, field: str | None, errors: str | Sequence[str]) -> None:
    """Assert the messages of a form's field, all of them.

    Args:
        form: A form that has been filled in.
        field: Its name; None for messages that belong to no field.
        errors: The messages in their order; none for a field that is right.
    """
    wanted = [errors] if isinstance(errors, str) else list(errors)
    found = form.non_field_errors() if field is None else form.errors.get(field, ())
    shown = [str(each) for each in found]
    of = "the form as a whole" if field is None else f"the field {field!r}"
    _assert(shown == wanted, f"the messages of {of} are {shown}, not {wanted}")


def assert_url_equal(first: object, second: object, message: str = "") -> None:
    """Assert that two URLs are the same but for the order of names in the query."""
    _assert(_normal_url(str(first)) == _normal_url(str(second)), message or f"{first!s} is not {second!s}")


# -- markup


def assert_html_equal(first: str, second: str, message: str = "") -> None:
    """Assert that two pieces of HTML mean the same."""
    one, two = parse_html(first), parse_html(second)
    _assert(one == two, message or _difference(list(one.lines()), list(two.lines())))


def assert_html_not_equal(first: str, second: str, message: str = "") -> None:
    """Assert that two pieces of HTML mean different things."""
    _assert(parse_html(first) != parse_html(second), message or f"{first[:_SHOWN]!r} means the same as the other")


def assert_in_html(needle: str, haystack: str, count: int | None = None) -> None:
    """Assert that a piece of HTML stands in another one, somewhere, or ``count`` times."""
    found = count_in(parse_html(needle), parse_html(haystack))
    wrong = found == 0 if count is None else found != count
    wanted = "at least once" if count is None else f"{count} times"
    _assert(not wrong, f"found {found} times, expected {wanted}: {needle[:_SHOWN]!r} in {haystack[:_SHOWN]!r}")


def assert_not_in_html(needle: str, haystack: str) -> None:
    """Assert that a piece of HTML does not stand in another one."""
    assert_in_html(needle, haystack, 0)


def assert_json_equal(raw: str | bytes, expected: object) -> None:
    """Assert that JSON holds the same as ``expected``, which is a value or JSON as well."""
    one, two = _json(raw), _json(expected)
    _assert(one == two, _difference(*(json.dumps(each, indent=2, sort_keys=True).splitlines() for each in (one, two))))


def assert_json_not_equal(raw: str | bytes, expected: object) -> None:
    """Assert that JSON does not hold the same as ``expected``."""
    _assert(_json(raw) != _json(expected), f"both hold {_json(raw)!r:.{_SHOWN}}")


def assert_xml_equal(first: str, second: str) -> None:
    """Assert that two pieces of XML hold the same; the order of attributes and white space around text do not count."""
    one, two = _xml(first), _xml(second)
    _assert(one == two, _difference(*(each.replace("><", ">\n<").splitlines() for each in (one, two))))


def assert_xml_not_equal(first: str, second: str) -> None:
    """Assert that two pieces of XML hold different things."""
    _assert(_xml(first) != _xml(second), f"{first[:_SHOWN]!r} holds the same as the other")


# -- queries


def assert_queryset_equal(
    rows: Iterable[Any],
    values: Iterable[object],
    transform: Callable[[Any], object] | None = None,
    ordered: bool = True,
) -> None:
    """Assert what a query set gives.

    Args:
        rows: Usually a query set.
        values: What is expected.
        transform: Applied to each row.
        ordered: Whether the order counts.
    """
    found = [each if transform is None else transform(each) for each in rows]
    wanted = list(values)
    if not ordered:
        rest = list(wanted)
        for each in found:
            if each in rest:
                rest.remove(each)
        _assert(len(found) == len(wanted) and not rest, f"{found!r} are not {wanted!r} in any order")
        return
    _assert(found == wanted, f"{found!r} is not {wanted!r}")


@contextmanager
def assert_num_queries(number: int, database: QueryLog | None = None) -> Iterator[Any]:
    """Assert how many statements run inside ``with``.

    Args:
        number: How many.
        database: Where; the current default one unless given.

    Yields:
        The statements, also after the end.
    """
    if database is None:
        from partita.orm import current_databases  # an extra: clients do without databases

        database = current_databases()["default"]
    with database.query_log() as log:
        yield log
    listed = "\n".join(f"{at}. {getattr(each, 'sql', each)}" for at, each in enumerate(log, 1))
    _assert(len(log) == number, f"{len(log)} queries ran, not {number}:\n{listed}")


# -- messages


@contextmanager
def assert_raises_message(kind: type[BaseException], message: str) -> Iterator[None]:
    """Assert that an exception is raised inside ``with`` whose text holds ``message``, which is no regular expression."""
    try:
        yield
    except kind as error:
        _assert(message in str(error), f"{message!r} is not in {str(error)!r}")
        return
    raise AssertionError(f"{kind.__name__} was not raised")


@contextmanager
def assert_warns_message(kind: type[Warning], message: str) -> Iterator[None]:
    """Assert that a warning is given inside ``with`` whose text holds ``message``, which is no regular expression."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    given = [str(each.message) for each in caught if issubclass(each.category, kind)]
    _assert(any(message in each for each in given), f"no {kind.__name__} holds {message!r}; given: {given}")


def _assert(holds: bool, message: str) -> None:
    # Not an assert statement, which python -O leaves out.
    if not holds:
        raise AssertionError(message)


def _count(response: ClientResponse, text: str | bytes, status: int, html: bool) -> int:
    _assert(response.status == status, f"the answer has status {response.status}, not {status}: {_shown(response)}")
    if html:
        return count_in(parse_html(text.decode() if isinstance(text, bytes) else text), parse_html(response.text))
    if isinstance(text, bytes):
        return response.content.count(text)
    return response.text.count(text)


def _shown(response: ClientResponse) -> str:
    return repr(response.content[:_SHOWN].decode(errors="replace"))


def _normal_url(url: str) -> tuple[str, str, str, tuple[tuple[str, str], ...], str]:
    parts = urlsplit(url)
    query = tuple(sorted(parse_qsl(parts.query, keep_blank_values=True), key=lambda pair: pair[0]))
    return parts.scheme, parts.netloc.lower(), parts.path, query, parts.fragment


def _json(value: object) -> object:
    if not isinstance(value, str | bytes):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise AssertionError(f"{value[:_SHOWN]!r} is not JSON: {error}") from None


def _xml(text: str) -> str:
    try:
        return ElementTree.canonicalize(re.sub(r"^\s+", "", text), strip_text=True)
    except ElementTree.ParseError as error:
        raise AssertionError(f"{text[:_SHOWN]!r} is not XML: {error}") from None


def _difference(first: list[str], second: list[str]) -> str:
    return "\n".join(["they differ:", *difflib.unified_diff(first, second, "first", "second", lineterm="")])
