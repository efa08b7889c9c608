"""A radix tree over the segments of paths, which finds the first of many endpoints that matches.

Each node is reached by one way only, so a look-up visits no node twice: its cost is bounded by the tree, and in practice by
the length of the path. Whatever cannot be split into segments (`re_path`, ``<path:x>``, own converters that take slashes)
hangs as a tail on the node of its static beginning. Order of declaration decides among several that match, so every node
knows the lowest index below it, and a branch is left alone as soon as it cannot win any more.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

from partita.urls.edges import Edge, Segment, Tail, make_edge, split
from partita.urls.endpoint import Endpoint
from partita.urls.match import Match

__all__ = ("Tree", "is_path")

_NEVER = 1 << 62  # above every index
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def is_path(path: str) -> bool:
    """Tell whether ``path`` begins with a slash and has no control characters (CVE-2021-44420)."""
    # str.isprintable is the quick way to see that there is none.
    return path[:1] == "/" and (path.isprintable() or not _CONTROL.search(path))


class _Node:
    __slots__ = ("edges", "first", "is_static", "leaf", "static", "tails")

    def __init__(self) -> None:
        self.is_static = True  # neither edges nor tails
        self.static: dict[str, _Node] = {}
        self.edges: list[tuple[Edge, _Node]] = []
        self.tails: list[Tail] = []
        self.leaf: Endpoint | None = None
        self.first = _NEVER


class _Ending(NamedTuple):
    """What comes behind a path whose last segment is the only parameter."""

    edge: Edge
    endpoint: Endpoint
    is_checked: bool
    """Whether nothing with control characters can get this far."""
    name: str | None
    """That of the parameter, if it is all that the view gets."""


_Found: TypeAlias = tuple[Endpoint, tuple[object, ...], "Tail | None", str]


class Tree:
    """The endpoints of one host and one method.

    Args:
        endpoints: In the order of declaration, each with its index.
    """

    __slots__ = ("_last", "_last_with_slash", "_root", "exact", "routes")

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self.routes = tuple(endpoint.route for endpoint in endpoints)
        self._root = _Node()
        self.exact: dict[str, Endpoint] = {}
        """Those that take one path only, by it."""
        static: dict[str, Endpoint] = {}
        for endpoint in endpoints:
            segments, tail = split(endpoint)
            _insert(self._root, endpoint, segments, tail)
            if tail is None and all(isinstance(segment, str) for segment in segments):
                static.setdefault("/".join(map(str, segments)), endpoint)
        # A route without parameters needs no walk, unless one before it takes the same path.
        for text, endpoint in static.items():
            found = self._walk(text)
            if found is not None and found[0] is endpoint:
                self.exact[f"/{text}"] = endpoint
        # Nor does one whose only parameter comes last, behind static segments where no other way is open.
        self._last: dict[str, _Ending] = {}
        self._last_with_slash: dict[str, _Ending] = {}
        self._gather(self._root, "")

    def match(self, path: str) -> Match | None:
        """Return the first endpoint that matches.

        Args:
            path: Decoded, and not one of `exact`; anything that `is_path` says no to matches nothing.
        """
        before, slash, segment = path.rpartition("/")
        if segment or not before:
            ending = self._last.get(before)
        else:
            before, slash, segment = before.rpartition("/")
            ending = self._last_with_slash.get(before)
        if ending is None:
            return self._follow(path[1:]) if is_path(path) else None
        edge, endpoint, is_checked, name = ending
        if not (is_checked and slash) and not is_path(path):
            return None
        values = edge.take(segment)
        if values is None:
            return None
        if name is None:
            return _matched(endpoint, values)
        return Match(endpoint, (), {name: values[0]})  # what `_matched` does; most routes are like this

    def _gather(self, node: _Node, before: str) -> None:
        """Note what ends with the one edge of a node, by the path before it."""
        if node.is_static:
            for segment, child in node.static.items():
                self._gather(child, f"{before}/{segment}")
            return
        if node.tails or len(node.edges) > 1:
            return
        edge, child = node.edges[0]
        # A path that ends in a static segment of this node is an exact one, or else the edge takes it.
        if child.leaf is not None:
            self._last[before] = _ending(edge, child.leaf, before)
        end = child.static.get("")
        if end is not None and end.leaf is not None and child.is_static and not node.static:
            self._last_with_slash[before] = _ending(edge, end.leaf, before)

    def find(self, path: str) -> Match | None:
        """Return the first endpoint that matches.

        Args:
            path: Decoded, without the leading slash.
        """
        endpoint = self.exact.get(f"/{path}")
        if endpoint is not None:
            return Match(endpoint, (), dict(endpoint.overriding))
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
        return None if endpoint is None else _matched(endpoint, values)

    def _find_among(self, path: str) -> Match | None:
        """Do what `find` does where several ways are open."""
        found = self._walk(path)
        if found is None:
            return None
        endpoint, values, tail, rest = found
        if tail is not None:
            args, kwargs = tail.arguments(values, rest)
            match = Match(endpoint, args, kwargs)
            if endpoint.shadows:
                match._captured = tail.captured(values, rest)
            return match
        return _matched(endpoint, values)

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


def _ending(edge: Edge, endpoint: Endpoint, before: str) -> _Ending:
    alone = len(endpoint.names) == 1 and not endpoint.overriding
    return _Ending(edge, endpoint, edge.is_plain and before.isprintable(), endpoint.names[0] if alone else None)


def _matched(endpoint: Endpoint, values: tuple[object, ...]) -> Match:
    names = endpoint.names
    # Most have one; a loop takes longer.
    kwargs: dict[str, object] = {names[0]: values[0]} if len(values) == 1 else dict(zip(names, values, strict=True))
    if endpoint.shadows:
        match = Match(endpoint, (), {**kwargs, **endpoint.overriding})
        match._captured = kwargs
        return match
    if endpoint.overriding:
        kwargs.update(endpoint.overriding)
    return Match(endpoint, (), kwargs)


def _insert(root: _Node, endpoint: Endpoint, segments: Sequence[Segment], tail: Tail | None) -> None:
    node = root
    node.first = min(node.first, endpoint.index)
    for segment in segments:
        if isinstance(segment, str):
            node = node.static.setdefault(segment, _Node())
        else:
            child = next((child for edge, child in node.edges if edge.key == segment.key), None)
            if child is None:
                child = _Node()
                node.edges.append((make_edge(segment), child))
                node.is_static = False
            node = child
        node.first = min(node.first, endpoint.index)
    if tail is not None:
        node.tails.append(tail)
        node.is_static = False
    elif node.leaf is None:  # endpoints come in order, so the first one stays
        node.leaf = endpoint
