"""A radix tree over the segments of paths, which finds the first of many endpoints that matches.

Each node is reached by one way only, so a look-up visits no node twice: its cost is bounded by the tree, and in practice by
the length of the path. Whatever cannot be split into segments (`re_path`, ``<path:x>``, own converters that take slashes)
hangs as a tail on the node of its static beginning. Order of declaration decides among several that match, so every node
knows the lowest index below it, and a branch is left alone as soon as it cannot win any more.

Most paths need no walk: the tree fills the tables of `partita.urls.shapes`, which `Router.match` looks into first.
"""

import re
from collections.abc import Sequence
from typing import TypeAlias

from partita.urls.edges import Edge, Segment, Tail, make_edge, split
from partita.urls.endpoint import Endpoint
from partita.urls.match import Match, made, shared
from partita.urls.shapes import SEVERAL, WALK, Shapes

__all__ = ("Tree", "is_path")

_NEVER = 1 << 62  # above every index
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_path(path: str) -> bool:
    """Tell whether ``path`` begins with a slash and has no control characters (CVE-2021-44420)."""
    # str.isprintable is the quick way to see that there is none.
    return path[:1] == "/" and (path.isprintable() or not _CONTROL.search(path))


class _Node:
    __slots__ = ("edges", "first", "has_tails", "is_static", "leaf", "static", "tails")

    def __init__(self) -> None:
        self.is_static = True  # neither edges nor tails
        self.has_tails = False  # here or below
        self.static: dict[str, _Node] = {}
        self.edges: list[tuple[Edge, _Node]] = []
        self.tails: list[Tail] = []
        self.leaf: Endpoint | None = None
        self.first = _NEVER


_Found: TypeAlias = tuple[Endpoint, tuple[object, ...], "Tail | None", str]


class Tree:
    """The endpoints of one host and one method.

    Args:
        endpoints: In the order of declaration, each with its index.
    """

    __slots__ = ("_root", "exact", "is_complete", "rare", "routes", "shapes", "shared")

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.routes = tuple(endpoint.route for endpoint in endpoints)
        self._root = _Node()
        self.exact: dict[str, Endpoint] = {}
        """Those that take one path only, by it."""
        self.shared: dict[str, Match] = {}
        """What `match` gives for those of them whose views get no arguments."""
        self.rare: dict[str, Endpoint] = {}
        """The others of them."""
        texts: dict[str, tuple[Endpoint, list[Segment]]] = {}
        shapes = Shapes()
        for endpoint in endpoints:
            segments, tail = split(endpoint)
            edges, node = _insert(self._root, endpoint, segments, tail)
            if tail is not None or node.leaf is not endpoint or not _is_open(segments):
                continue  # only a walk finds it, or nothing does
            if edges:
                shapes.add(endpoint, segments, edges, is_contested=_is_contested(self._root, segments))
            else:
                texts["/".join(map(str, segments))] = endpoint, segments
        # A route without parameters needs no look at its pieces, unless one before it takes the same path.
        for text, (endpoint, segments) in texts.items():
            found = self._walk(text)
            if found is None or found[0] is not endpoint:  # but what a converter takes today, it may refuse tomorrow
                shapes.add(endpoint, segments, (), is_contested=True)
            else:
                self.exact[f"/{text}"] = endpoint
                if endpoint.is_bare:
                    self.shared[f"/{text}"] = shared(endpoint)
                else:
                    self.rare[f"/{text}"] = endpoint
        shapes.close()
        self.shapes = shapes
        self.is_complete = not (shapes.tables or shapes.is_forked or self._root.has_tails)
        """Whether `exact` and those tables of the shapes that are read from the end of a path hold all endpoints."""

    def match(self, path: str) -> Match | None:
        """Return the first endpoint that matches.

        Args:
            path: Decoded; anything that `is_path` says no to matches nothing.
        """
        return self.find(path[1:]) if is_path(path) else None

    def match_rest(self, path: str) -> Match | None:
        """Return the first endpoint that matches, if the path is not in `exact`, nor in the tables that are read from its end.

        Args:
            path: As for `match`.
        """
        if not is_path(path):
            return None
        segments = path.split("/")
        if len(segments) in self.shapes.walked:
            return self._follow(path[1:])
        shapes = self.shapes.tables.get(len(segments), ())
        for table, last, others in shapes:
            entry = table.get(segments[last])
            if others is not None and entry is not None:
                entry = entry.get(segments[others] if isinstance(others, int) else others(segments))
            while entry is not None:
                endpoint, deed, at, take, _, entry = entry
                if deed == WALK:
                    return self._find_among(path[1:])
                if deed != SEVERAL:
                    values = take(segments[at])
                    if values is not None:
                        return matched(endpoint, values)
                    continue
                values = ()
                for place, each in take:
                    captured = each(segments[place])
                    if captured is None:
                        break
                    values += captured
                else:
                    return matched(endpoint, values)
        return self._find_among(path[1:]) if self._root.has_tails else None

    def find(self, path: str) -> Match | None:
        """Return the first endpoint that matches.

        Args:
            path: Decoded, without the leading slash; `is_path` has said yes.
        """
        endpoint = self.exact.get(f"/{path}")
        if endpoint is not None:
            return made(endpoint, (), dict(endpoint.overriding))
        return self._follow(path)

    def _follow(self, path: str) -> Match | None:
        # Where no two ways are open there is nothing to weigh, and most paths meet no fork at all.
        node = self._root
        values: tuple[object, ...] = ()
        for segment in path.split("/"):
            onward = node.static.get(segment)
            if not node.is_static:
                if onward is not None or node.tails or len(node.edges) > 1:
                    return self._find_among(path)
                edge, onward = node.edges[0]
                captured = edge.take(segment)
                if captured is None:
                    return None
                values += captured
            elif onward is None:
                return None
            node = onward
        endpoint = node.leaf
        return None if endpoint is None else matched(endpoint, values)

    def _find_among(self, path: str) -> Match | None:
        """Do what `find` does where several ways are open."""
        found = self._walk(path)
        if found is None:
            return None
        endpoint, values, tail, rest = found
        if tail is not None:
            args, kwargs = tail.arguments(values, rest)
            match = made(endpoint, args, kwargs)
            if endpoint.shadows:
                match._captured = tail.captured(values, rest)
            return match
        return matched(endpoint, values)

    def first(self, path: str) -> Endpoint | None:
        """Return the first endpoint that matches, and nothing of what it captures, for checks.

        Args:
            path: As for `find`.
        """
        found = self._walk(path)
        return None if found is None else found[0]

    def _walk(self, path: str) -> _Found | None:
        segments = path.split("/")
        end = len(segments)
        best: _Found | None = None
        best_index = _NEVER
        node, at = self._root, 0
        values: tuple[object, ...] = ()
        todo: list[tuple[_Node, int, tuple[object, ...]]] = []
        while True:
            while node.first < best_index:
                if at == end:
                    leaf = node.leaf
                    if leaf is not None and leaf.index < best_index:
                        best, best_index = (leaf, values, None, ""), leaf.index
                    break
                if node.tails:
                    rest = "/".join(segments[at:])
                    for tail in node.tails:
                        if tail.endpoint.index >= best_index:
                            break
                        if tail.match(rest):
                            best, best_index = (tail.endpoint, values, tail, rest), tail.endpoint.index
                            break
                segment = segments[at]
                at += 1
                onward = node.static.get(segment)
                if node.edges:
                    before = values
                    for edge, child in node.edges:
                        if child.first >= best_index:
                            continue
                        captured = edge.take(segment)
                        if captured is None:
                            continue
                        if onward is None:
                            onward, values = child, before + captured
                        else:
                            todo.append((child, at, before + captured))
                if onward is None:
                    break
                node = onward
            if not todo:
                return best
            node, at, values = todo.pop()


def matched(endpoint: Endpoint, values: tuple[object, ...]) -> Match:
    """Return the match of an endpoint without a tail.

    Args:
        endpoint: Where the path leads.
        values: Those of its parameters, in their order.
    """
    names = endpoint.names
    kwargs: dict[str, object]
    # Most have one or two; a loop takes longer.
    if len(values) == 1:
        kwargs = {names[0]: values[0]}
    elif len(values) == 2:
        kwargs = {names[0]: values[0], names[1]: values[1]}
    else:
        kwargs = dict(zip(names, values, strict=True))
    if endpoint.shadows:
        match = made(endpoint, (), {**kwargs, **endpoint.overriding})
        match._captured = kwargs
        return match
    if endpoint.overriding:
        kwargs.update(endpoint.overriding)
    return made(endpoint, (), kwargs)


def _insert(
    root: _Node, endpoint: Endpoint, segments: Sequence[Segment], tail: Tail | None
) -> tuple[list[Edge], _Node]:
    """Return the edges on the way to the endpoint, and its node."""
    node = root
    edges: list[Edge] = []
    way = [node]
    for segment in segments:
        if isinstance(segment, str):
            node = node.static.setdefault(segment, _Node())
        else:
            edge, child = next((each for each in node.edges if each[0].key == segment.key), (None, None))
            if edge is None or child is None:
                edge, child = make_edge(segment), _Node()
                node.edges.append((edge, child))
                node.is_static = False
            edges.append(edge)
            node = child
        way.append(node)
    for each in way:
        each.first = min(each.first, endpoint.index)
        each.has_tails = each.has_tails or tail is not None
    if tail is not None:
        node.tails.append(tail)
        node.is_static = False
    elif node.leaf is None:  # endpoints come in order, so the first one stays
        node.leaf = endpoint
    return edges, node


def _is_open(segments: Sequence[Segment]) -> bool:
    """Tell whether paths of these segments are not refused for their text anyway."""
    return is_path("/" + "".join(segment for segment in segments if isinstance(segment, str)))


def _is_contested(root: _Node, segments: Sequence[Segment]) -> bool:
    """Tell whether a tail that is in the tree already may take a path of these segments."""
    node = root
    for segment in segments:
        if not isinstance(segment, str):
            return node.has_tails
        if node.tails or any(child.has_tails for _, child in node.edges):
            return True
        node = node.static[segment]
    return bool(node.tails)
