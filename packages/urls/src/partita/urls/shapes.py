"""Tables of routes by their shape: how many segments they have, and which of these are text.

What is looked up in them is one text, or a few, whatever the number of routes. Where a route of another shape is declared before
one and may take the same path, the latter is marked, once, so that nobody has to weigh them at each request.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

from partita.urls.edges import Edge, Segment
from partita.urls.endpoint import Endpoint

__all__ = ("NUMBER", "OTHER", "PLAIN", "SEVERAL", "WALK", "Entry", "Shape", "Shapes")

NUMBER, PLAIN, OTHER, SEVERAL, WALK = range(5)
"""What is to be done with a route of the right text: its one parameter holds digits; or characters that need no second look; or
any; or it has several; or a route before this one may take the path, and only a walk over the tree can tell."""

Entry: TypeAlias = tuple[Endpoint, int, int, Any, "str | None", "Entry | None"]
"""A route, what is to be done, the segment of its parameter, what takes this (for several: pairs of segment and what takes it),
the parameter's name if that is all that a view gets that is there, and the next route of the same text."""

Shape: TypeAlias = tuple[dict[str, Any], int, "int | Callable[[Sequence[str]], tuple[str, ...]] | None"]
"""A table by the last text of the routes; the segment where this stands; and where the other texts stand, by which tables in the
table go, or None if there are none."""

_Key: TypeAlias = tuple[str, ...]
_Places: TypeAlias = tuple[int, ...]
_Row: TypeAlias = tuple[Endpoint, int, int, Any, "str | None"]
_Edges: TypeAlias = tuple[tuple[int, Edge], ...]
_Rival: TypeAlias = tuple[int, dict[int, str], _Edges]
"""The index of a route, its texts by their places, and what takes its parameters."""

_MANY = 6  # shapes of one length: beyond, the tree is as quick
_RIVALS = 16  # routes that one is held against: beyond, it takes too long, and a walk tells


class Shapes:
    """The routes of a tree that have parameters; complete once `close` is called.

    Attributes:
        tables: All shapes by the number of segments, with that before the first slash, but for lengths of which the tables that
            are read from the end say everything.
        walked: Lengths that have too many shapes to be in any table.
        last: Routes whose only parameter comes last, by the path before it.
        before_text: Those with one segment of text behind it, by this, then by the path before.
        before_slash: Those with a segment of text and a slash behind it, likewise.
        is_forked: Whether one path may lead to routes of several shapes.
    """

    __slots__ = ("_rest", "_rows", "before_slash", "before_text", "is_forked", "last", "tables", "walked")

    def __init__(self) -> None:
        # By the number of segments, then by the places of texts, then by these.
        self._rows: dict[int, dict[_Places, dict[_Key, list[tuple[_Row, _Edges]]]]] = {}
        self._rest: set[int] = set()  # lengths of which the tables that are read from the end do not say everything
        self.tables: dict[int, tuple[Shape, ...]] = {}
        self.last: dict[str, Entry] = {}
        self.before_text: dict[str, dict[str, Entry]] = {}
        self.before_slash: dict[str, dict[str, Entry]] = {}
        self.is_forked = False
        self.walked: set[int] = set()

    def add(
        self, endpoint: Endpoint, segments: Sequence[Segment], edges: Sequence[Edge], *, is_contested: bool = False
    ) -> None:
        """Note one route, after those that are declared before it.

        Args:
            endpoint: The route.
            segments: What it consists of.
            edges: What takes its parameters, in their order.
            is_contested: Whether a route that is not noted here may take the same paths, and comes first.
        """
        if any(edge.takes_nothing for edge in edges):
            # Read from the end, a path whose last segment is a parameter without a character is one with a slash behind it.
            self._rest.add(len(segments) + 1)
        texts = {at: segment for at, segment in enumerate(segments, 1) if isinstance(segment, str)}
        places = [at for at in range(1, len(segments) + 1) if at not in texts]
        shapes = self._rows.setdefault(len(segments) + 1, {})
        rows = shapes.setdefault(tuple(texts), {}).setdefault(tuple(texts.values()), [])
        placed = tuple(zip(places, edges, strict=False))  # none for one that is found by a walk
        rows.append((_contested(endpoint) if is_contested else _row(endpoint, placed), placed))

    def close(self) -> None:
        """Make the tables."""
        for length, shapes in self._rows.items():
            if len(shapes) > 1:
                self.is_forked = True
                if len(shapes) > _MANY:
                    self.walked.add(length)
                    continue
                _mark(shapes)
            is_told = len(shapes) == 1 and length not in self._rest
            tables = []
            for places, routes in shapes.items():
                chains = {key: _chained([row for row, _ in rows]) for key, rows in routes.items()}
                for key, chain in chains.items():
                    is_told = self._put(length, places, key, chain) and is_told
                tables.append((places, chains))
            if not is_told:
                self.tables[length] = tuple(_shape(places, chains) for places, chains in tables)
        self._rows = {}

    def _put(self, length: int, places: _Places, key: _Key, chain: Entry) -> bool:
        """Note routes in the other tables, if they have one parameter and little text behind it."""
        if len(places) != length - 2:
            return False
        at = sum(range(length)) - sum(places)  # the place that is missing
        before, behind = "/".join(("", *key[: at - 1])), key[at - 1 :]
        if not behind:
            self.last[before] = chain
        elif len(behind) == 1:
            self.before_text.setdefault(behind[0], {})[before] = chain
        elif len(behind) == 2 and not behind[1]:
            self.before_slash.setdefault(behind[0], {})[before] = chain
        else:
            return False
        return True


def _row(endpoint: Endpoint, placed: _Edges) -> _Row:
    if len(placed) != 1:
        return endpoint, SEVERAL, 0, tuple((at, edge.take) for at, edge in placed), None
    at, edge = placed[0]
    alone = endpoint.names[0] if len(endpoint.names) == 1 and endpoint.is_bare else None
    return endpoint, NUMBER if edge.is_number else PLAIN if edge.is_plain else OTHER, at, edge.take, alone


def _mark(shapes: dict[_Places, dict[_Key, list[tuple[_Row, _Edges]]]]) -> None:
    """Mark the routes whose paths a route of another shape may take, and comes first."""
    for places, routes in shapes.items():
        for other, rivals in shapes.items():
            if other == places:
                continue
            # Where both have text, it is the same.
            ours = [number for number, place in enumerate(places) if place in other]
            theirs = [number for number, place in enumerate(other) if place in places]
            alike: dict[_Key, list[_Rival]] = {}
            for key, rows in rivals.items():
                texts = dict(zip(other, key, strict=True))
                common = alike.setdefault(tuple([key[number] for number in theirs]), [])
                common.extend([(row[0].index, texts, edges) for row, edges in rows])
            for common in alike.values():
                common.sort(key=_index)
                del common[_RIVALS:]
            for key, rows in routes.items():
                common = alike.get(tuple([key[number] for number in ours]), [])
                texts = dict(zip(places, key, strict=True)) if common else {}
                for number, (row, edges) in enumerate(rows):
                    earlier = [each for each in common if each[0] < row[0].index]
                    if len(earlier) == _RIVALS or any(
                        not _is_apart(texts, edges, rival, others) for _, rival, others in earlier
                    ):
                        rows[number] = _contested(row[0]), edges


def _index(rival: _Rival) -> int:
    return rival[0]


def _is_apart(texts: Mapping[int, str], edges: _Edges, rival: Mapping[int, str], others: _Edges) -> bool:
    """Tell whether a parameter of one route never takes the text that the other one has in its place."""
    for at, edge in others:
        if at in texts and edge.refuses(texts[at]):
            return True
    return any(at in rival and edge.refuses(rival[at]) for at, edge in edges)


def _contested(endpoint: Endpoint) -> _Row:
    return endpoint, WALK, 0, None, None


def _chained(rows: Sequence[_Row]) -> Entry:
    chain: Any = None
    for row in reversed(rows):
        chain = (*row, chain)
    return chain  # type: ignore[no-any-return]  # there is at least one row


def _shape(places: _Places, chains: dict[_Key, Entry]) -> Shape:
    # Where there is no text at all, the nothing before the first slash is one.
    last, others = places[-1] if places else 0, places[:-1]
    if not others:
        return {"".join(key): chain for key, chain in chains.items()}, last, None
    table: dict[str, Any] = {}
    for key, chain in chains.items():
        table.setdefault(key[-1], {})[key[0] if len(others) == 1 else key[:-1]] = chain
    return table, last, others[0] if len(others) == 1 else itemgetter(*others)
