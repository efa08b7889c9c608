"""What is doubtful about a set of routes, found before a user finds it."""

from collections.abc import Iterator, Sequence

from partita.urls.converters import IntConverter, PathConverter, SlugConverter, StringConverter, UUIDConverter
from partita.urls.edges import split
from partita.urls.endpoint import Bound, Endpoint, RegexStep, RouteStep
from partita.urls.patterns import LazyView, Literal, View
from partita.urls.router import Problem
from partita.urls.tree import Tree

__all__ = ("find_problems",)

_TRIED = 3
_SAMPLES: dict[type, tuple[str, ...]] = {
    IntConverter: ("7", "0", "4711"),
    PathConverter: ("\u00e9 !/x", "a", "7/"),
    SlugConverter: ("a-_B", "7", "z"),
    StringConverter: ("\u00e9 !", "a", "7"),
    UUIDConverter: ("0f8fad5b-d9cb-469f-a165-70867728950e",),
}
"""Texts that each converter takes, the first one such that narrower converters do not."""


def find_problems(endpoints: Sequence[Endpoint]) -> list[Problem]:
    """Return the problems of ``endpoints``, which stand in the order they are tried."""
    duplicates = dict(_duplicates(endpoints))
    others = [endpoint for endpoint in endpoints if endpoint.index not in duplicates]
    return [
        *duplicates.values(),
        *_shadowed(others),
        *_spelling(endpoints),
        *_namespaces(endpoints),
        *_names(endpoints),
        *_lazy(endpoints),
    ]


def _shadowed(endpoints: Sequence[Endpoint]) -> Iterator[Problem]:
    """Find routes that are never reached since wider ones before them take all of their paths: tried with a few."""
    trees: dict[tuple[str | None, str], Tree] = {}
    for endpoint in endpoints:
        host = None if endpoint.host is None else endpoint.host.text
        before: list[Endpoint | None] = []
        for method in endpoint.methods or ("",):
            if (host, method) not in trees:
                trees[host, method] = Tree([each for each in endpoints if _serves(each, host, method)])
            before += [_taken_by(trees[host, method], text, endpoint) for text in _samples(endpoint)]
        other = before[0] if before and None not in before else None
        if other is not None:
            yield Problem(
                "urls.W102",
                f"route {endpoint.route!r} ({endpoint.view_name}) is never reached: "
                f"{other.route!r} ({other.view_name}) stands before it and takes its paths",
                f"Move {endpoint.route!r} above {other.route!r}.",
            )


def _serves(endpoint: Endpoint, host: str | None, method: str) -> bool:
    fits_host = endpoint.host is None or endpoint.host.text == host
    # One with conditions leaves some requests to those behind it.
    return fits_host and not endpoint.conditions and (endpoint.methods is None or method in endpoint.methods)


def _taken_by(tree: Tree, text: str, endpoint: Endpoint) -> Endpoint | None:
    found = tree.first(text)
    return found if found is not None and found.index < endpoint.index else None


def _samples(endpoint: Endpoint) -> list[str]:
    """Return paths that the route takes, as different as its converters allow; none where that is hard to say."""
    texts: list[str] = []
    for number in range(_TRIED):
        pieces: list[str] = []
        for step in endpoint.steps:
            if isinstance(step, RegexStep):
                return []
            for token in step.tokens:
                if isinstance(token, Literal):
                    pieces.append(token)
                    continue
                known = _SAMPLES.get(type(token.converter))
                if known is None:
                    return []
                pieces.append(known[number % len(known)])
        texts.append("".join(pieces))
    return texts


def _duplicates(endpoints: Sequence[Endpoint]) -> Iterator[tuple[int, Problem]]:
    first: dict[object, list[Endpoint]] = {}
    for endpoint in endpoints:
        segments, tail = split(endpoint)
        shape = (
            None if endpoint.host is None else endpoint.host.text,
            tuple(segment if isinstance(segment, str) else segment.key for segment in segments),
            None if tail is None else tail.key,
        )
        earlier = first.setdefault(shape, [])
        for other in earlier:
            if other.conditions:
                continue
            if other.methods is None or (endpoint.methods is not None and endpoint.methods <= other.methods):
                problem = Problem(
                    "urls.W101",
                    f"route {endpoint.route!r} ({endpoint.view_name}) is never reached: "
                    f"{other.route!r} ({other.view_name}) stands before it and takes the same paths",
                    "Remove one of them, or give them different methods.",
                )
                yield endpoint.index, problem
                break
        earlier.append(endpoint)


def _spelling(endpoints: Sequence[Endpoint]) -> Iterator[Problem]:
    for endpoint in endpoints:
        step = endpoint.steps[0]
        begins = step.regex.pattern.lstrip("^") if isinstance(step, RegexStep) else _opening(step)
        if begins.startswith("/"):
            yield Problem(
                "urls.W002",
                f"route {endpoint.route!r} begins with a slash, so its path begins with two",
                "Remove the slash; routes stand below the root.",
            )
        if endpoint.name is not None and ":" in endpoint.name:
            yield Problem(
                "urls.W003",
                f"the name {endpoint.name!r} of route {endpoint.route!r} has a colon, so reverse() takes it for a namespace",
                "Use another character.",
            )
        for each in endpoint.steps:
            if isinstance(each, RegexStep):
                continue
            text = "".join(token for token in each.tokens if isinstance(token, Literal))
            if ("<" in text or ">" in text) and "(?P<" not in text:
                yield Problem(
                    "urls.W007",
                    f"route {endpoint.route!r} has a < or > that is part of no parameter",
                    "Write parameters as <converter:name>.",
                )
                break
            if text.startswith("^") or text.endswith("$") or "(?P<" in text:
                yield Problem(
                    "urls.W001",
                    f"route {endpoint.route!r} looks like a regular expression, but stands in path()",
                    "Use re_path(), or remove the signs.",
                )
                break


def _namespaces(endpoints: Sequence[Endpoint]) -> Iterator[Problem]:
    apps: dict[tuple[str, ...], set[tuple[str, ...]]] = {}
    for endpoint in endpoints:
        for depth in range(1, len(endpoint.namespaces) + 1):
            apps.setdefault(endpoint.namespaces[:depth], set()).add(endpoint.app_names[:depth])
    for namespaces, owners in apps.items():
        if len(owners) > 1:
            names = " and ".join(sorted(":".join(owner) for owner in owners))
            yield Problem(
                "urls.W005",
                f"the namespace {':'.join(namespaces)!r} is used by {names}",
                "Give one of the includes another namespace.",
            )


def _names(endpoints: Sequence[Endpoint]) -> Iterator[Problem]:
    """Find names that two views share so that `reverse` cannot tell them apart; several paths of one view may well have one name."""
    seen: dict[object, Endpoint] = {}
    for endpoint in endpoints:
        if endpoint.name is None or endpoint.conditions or any(isinstance(step, RegexStep) for step in endpoint.steps):
            continue
        host = None if endpoint.host is None else endpoint.host.text
        other = seen.setdefault((endpoint.view_name, host, endpoint.language, *_takes(endpoint)), endpoint)
        if other.route != endpoint.route and _origin(other.view) != _origin(endpoint.view):
            yield Problem(
                "urls.W103",
                f"the name {endpoint.view_name!r} stands for two views with the same parameters: "
                f"reverse() gives {endpoint.route!r}, never {other.route!r}",
                "Give one of the routes another name.",
            )


def _takes(endpoint: Endpoint) -> tuple[str, ...]:
    """Return what tells for which values `reverse` takes a route: its parameters with their converters, and what is fixed."""
    tokens = [token for step in endpoint.steps if isinstance(step, RouteStep) for token in step.tokens]
    bound = [f"{type(token.converter)} {token.name}" for token in tokens if isinstance(token, Bound)]
    return *sorted(bound), *sorted(f"{name}={value!r}" for name, value in endpoint.defaults.items())


def _origin(view: View) -> object:
    """Return what a view was made of: every ``as_view()`` gives another function."""
    return getattr(view, "view_class", view)


def _lazy(endpoints: Sequence[Endpoint]) -> Iterator[Problem]:
    for view in dict.fromkeys(endpoint.view for endpoint in endpoints if isinstance(endpoint.view, LazyView)):
        try:
            view.load()
        except Exception as error:  # noqa: BLE001 - importing a module may fail in any way
            yield Problem(
                "urls.W006", f"the view {view.name!r} cannot be imported: {error}", "Mend its name or its module."
            )


def _opening(step: RouteStep) -> str:
    first = step.tokens[0] if step.tokens else ""
    return first if isinstance(first, str) else ""
