"""The pieces a route is cut into for the tree: static segments, segments with parameters, tails."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Protocol, TypeAlias

from partita.urls.converters import Converter, IntConverter, SlugConverter, StringConverter, UUIDConverter
from partita.urls.endpoint import Bound, Endpoint, RegexStep
from partita.urls.patterns import Literal

__all__ = ("Edge", "Segment", "Tail", "make_edge", "split")

_new = object.__new__
_Values: TypeAlias = tuple[object, ...]
_Atom: TypeAlias = tuple[int, "str | Bound | RegexStep"]
"""A level (which include it stems from), and one of: text without slashes, a slash, a parameter, an expression."""


class Parameters:
    """A segment that is not static: one parameter, or several with text around them."""

    __slots__ = ("key", "parts")

    def __init__(self, parts: tuple[str | Bound, ...]) -> None:
        self.parts = parts
        self.key: tuple[object, ...] = tuple(part if isinstance(part, str) else id(part.converter) for part in parts)


Segment: TypeAlias = str | Parameters


class Edge(Protocol):
    """A way from a node of the tree to a child, for segments that fit."""

    key: tuple[object, ...]
    is_plain: bool
    """Whether it takes nothing but letters and digits of ASCII, hyphens and underscores."""
    is_number: bool
    """Whether it takes digits, and gives their number."""
    takes_nothing: bool
    """Whether it may take a segment without a character."""

    def take(self, segment: str) -> _Values | None:
        """Return the values that ``segment`` holds, or None if it does not fit."""

    def refuses(self, segment: str) -> bool:
        """Tell whether ``segment`` never fits, whatever a converter thinks of it; once, not for each request."""
        ...


class _AnyText:
    __slots__ = ("key",)
    is_plain = is_number = takes_nothing = False

    def __init__(self, key: tuple[object, ...]) -> None:
        self.key = key

    def take(self, segment: str) -> _Values | None:
        return (segment,) if segment else None

    def refuses(self, segment: str) -> bool:
        return self.take(segment) is None


class _Digits:
    __slots__ = ("key",)
    is_plain = is_number = True
    takes_nothing = False

    def __init__(self, key: tuple[object, ...]) -> None:
        self.key = key

    def take(self, segment: str) -> _Values | None:
        if segment.isdigit() and segment.isascii():
            try:
                return (int(segment),)
            except ValueError:  # more digits than Python converts
                return None
        return None

    def refuses(self, segment: str) -> bool:
        return self.take(segment) is None


class _Slugs:
    __slots__ = ("key",)
    is_plain = True
    is_number = takes_nothing = False

    def __init__(self, key: tuple[object, ...]) -> None:
        self.key = key

    def take(self, segment: str) -> _Values | None:
        # Letters, digits and underscores of ASCII make an identifier behind an underscore; an expression takes twice as long.
        if segment and segment.isascii() and f"_{segment.replace('-', '_')}".isidentifier():
            return (segment,)
        return None

    def refuses(self, segment: str) -> bool:
        return self.take(segment) is None


class _UUIDs:
    __slots__ = ("_kind", "_octets", "_set_int", "_set_safe", "_unknown", "key")
    is_plain = True
    is_number = takes_nothing = False

    def __init__(self, key: tuple[object, ...]) -> None:
        from binascii import unhexlify  # only for routes that have one, as
        from uuid import UUID, SafeUUID

        self.key, self._kind, self._unknown, self._octets = key, UUID, SafeUUID.unknown, unhexlify
        slots: Mapping[str, Any] = vars(UUID)
        self._set_int, self._set_safe = slots["int"].__set__, slots["is_safe"].__set__

    def take(self, segment: str) -> _Values | None:
        # The length tells most segments apart, long before anything else does.
        if len(segment) != 36 or segment[8:24:5] != "----":
            return None
        digits = segment.replace("-", "")
        if len(digits) != 32 or digits.lower() != digits:  # `islower` takes five times as long
            return None
        try:
            number = int.from_bytes(self._octets(digits), "big")
        except ValueError:  # something that is no digit, nor one of the first six letters
            return None
        # Its constructor would check all of this again, which takes longer than everything else here; this is how it sets them.
        made = _new(self._kind)
        self._set_int(made, number)
        self._set_safe(made, self._unknown)
        return (made,)

    def refuses(self, segment: str) -> bool:
        return self.take(segment) is None


class _Expression:
    __slots__ = ("_convert", "_fullmatch", "key", "takes_nothing")
    is_plain = is_number = False

    def __init__(self, parameters: Parameters) -> None:
        self.key = parameters.key
        pattern, converters = _pattern(parameters.parts)
        self._fullmatch = re.compile(pattern).fullmatch
        self._convert = converters
        self.takes_nothing = self._fullmatch("") is not None

    def take(self, segment: str) -> _Values | None:
        found = self._fullmatch(segment)
        return None if found is None else _converted(found, self._convert)

    def refuses(self, segment: str) -> bool:
        return self._fullmatch(segment) is None


def make_edge(parameters: Parameters) -> Edge:
    """Return the quickest edge that takes what ``parameters`` describe."""
    if len(parameters.parts) == 1 and isinstance(part := parameters.parts[0], Bound):
        if type(part.converter) is StringConverter:
            return _AnyText(parameters.key)
        if type(part.converter) is IntConverter:
            return _Digits(parameters.key)
        if type(part.converter) is UUIDConverter:
            return _UUIDs(parameters.key)
        if type(part.converter) is SlugConverter:
            return _Slugs(parameters.key)
    return _Expression(parameters)


class Tail:
    """The end of a route that is matched as expressions, one per include, as they were declared."""

    __slots__ = ("_levels", "endpoint", "key")

    def __init__(self, endpoint: Endpoint, atoms: Sequence[_Atom]) -> None:
        self.endpoint = endpoint
        first = atoms[0][0]
        self.key = tuple(_identity(atom) for _, atom in atoms)
        self._levels = [_Level(number, atoms) for number in range(first, len(endpoint.steps))]

    def match(self, rest: str) -> bool:
        """Tell whether ``rest`` of the path fits."""
        return self._captures(rest) is not None

    def arguments(self, values: _Values, rest: str) -> tuple[_Values, dict[str, object]]:
        """Return the arguments for the view.

        Args:
            values: What the segments before the tail captured.
            rest: What `match` said yes to.
        """
        endpoint = self.endpoint
        args_of, kwargs_of = self._by_level(values, rest)
        # From the view outwards, as Django does it: inner values win, and outer unnamed groups count only among themselves.
        args: _Values = ()
        kwargs: dict[str, object] = {}
        for level in reversed(range(len(endpoint.steps))):
            kwargs = {**kwargs_of[level], **endpoint.level_kwargs[level], **kwargs}
            if level == len(endpoint.steps) - 1 or not kwargs:
                args = args_of[level] + args
        return args, kwargs

    def captured(self, values: _Values, rest: str) -> dict[str, object]:
        """Return what the path gives by name, whatever the route puts in its place; takes what `arguments` takes."""
        _, kwargs_of = self._by_level(values, rest)
        return {name: value for kwargs in kwargs_of for name, value in kwargs.items()}

    def _by_level(self, values: _Values, rest: str) -> tuple[list[_Values], list[dict[str, object]]]:
        endpoint = self.endpoint
        kwargs_of: list[dict[str, object]] = [{} for _ in endpoint.steps]
        args_of: list[_Values] = [() for _ in endpoint.steps]
        for (level, name), value in zip(endpoint.named, values, strict=False):
            kwargs_of[level][name] = value
        for level, args, kwargs in self._captures(rest) or ():
            args_of[level] = args
            kwargs_of[level].update(kwargs)
        return args_of, kwargs_of

    def _captures(self, rest: str) -> list[tuple[int, _Values, dict[str, object]]] | None:
        captures = []
        last = len(self._levels) - 1
        for number, level in enumerate(self._levels):
            taken = level.take(rest, last=number == last)
            if taken is None:
                return None
            end, args, kwargs = taken
            rest = rest[end:]
            captures.append((level.number, args, kwargs))
        return captures


class _Level:
    __slots__ = ("_converters", "_names", "_own", "_regex", "number")

    def __init__(self, number: int, atoms: Sequence[_Atom]) -> None:
        self.number = number
        # Text that a parent left in front of an expression of its child belongs to the first level of the tail.
        mine = [atom for level, atom in atoms if level == number]
        self._own = bool(mine) and isinstance(mine[-1], RegexStep)
        self._names: tuple[str, ...] = ()
        self._converters: tuple[Converter, ...] = ()
        if self._own:
            step = mine[-1]
            assert isinstance(step, RegexStep)
            self._regex = step.regex
        else:
            parts = tuple(atom for atom in mine if not isinstance(atom, RegexStep))
            pattern, self._converters = _pattern(parts)
            self._names = tuple(part.name for part in parts if isinstance(part, Bound))
            self._regex = re.compile(pattern, re.DOTALL)

    def take(self, rest: str, *, last: bool) -> tuple[int, _Values, dict[str, object]] | None:
        if not self._own:
            found = self._regex.fullmatch(rest) if last else self._regex.match(rest)
            if found is None:
                return None
            values = _converted(found, self._converters)
            return None if values is None else (found.end(), (), dict(zip(self._names, values, strict=True)))
        # Django searches, unless a last expression ends in $ (which would also match before a line break at the end).
        whole = last and self._regex.pattern.endswith("$")
        found = self._regex.fullmatch(rest) if whole else self._regex.search(rest)
        if found is None:
            return None
        if self._regex.groupindex:
            return found.end(), (), {name: text for name, text in found.groupdict().items() if text is not None}
        return found.end(), found.groups(), {}


def split(endpoint: Endpoint) -> tuple[list[Segment], Tail | None]:
    """Cut an endpoint into segments and, if it does not go all the way, a tail."""
    atoms = list(_atoms(endpoint))
    segments: list[Segment] = []
    start = 0  # of the current segment
    seen: int | None = None  # level of the last parameter in it
    for position, (level, atom) in enumerate(atoms):
        if atom == "/":
            segments.append(_segment(atoms[start:position]))
            start, seen = position + 1, None
            continue
        # What an include captured stays captured, even if giving some of it back would let the rest match.
        across = seen is not None and seen != level
        if across or isinstance(atom, RegexStep) or (isinstance(atom, Bound) and _spans(atom.converter)):
            return segments, Tail(endpoint, atoms[start:])
        if isinstance(atom, Bound):
            seen = level
    segments.append(_segment(atoms[start:]))
    return segments, None


def _identity(atom: "str | Bound | RegexStep") -> object:
    if isinstance(atom, RegexStep):
        return atom.regex
    return atom if isinstance(atom, str) else id(atom.converter)


def _atoms(endpoint: Endpoint) -> list[_Atom]:
    atoms: list[_Atom] = []
    for level, step in enumerate(endpoint.steps):
        if isinstance(step, RegexStep):
            atoms.append((level, step))
            continue
        for token in step.tokens:
            if isinstance(token, Literal):
                atoms.extend((level, text) for text in re.split("(/)", token) if text)
            else:
                atoms.append((level, token))
    return atoms


def _segment(atoms: Sequence[_Atom]) -> Segment:
    parts: list[str | Bound] = []
    for _, atom in atoms:
        assert not isinstance(atom, RegexStep)
        if isinstance(atom, str) and parts and isinstance(parts[-1], str):
            parts[-1] += atom
        else:
            parts.append(atom)
    if not parts:
        return ""
    if len(parts) == 1 and isinstance(parts[0], str):
        return parts[0]
    return Parameters(tuple(parts))


def _pattern(parts: Sequence[str | Bound]) -> tuple[str, tuple[Converter, ...]]:
    texts: list[str] = []
    converters: list[Converter] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(re.escape(part))
        else:
            texts.append(f"(?P<p{len(converters)}>{part.converter.regex})")
            converters.append(part.converter)
    return "".join(texts), tuple(converters)


def _converted(found: re.Match[str], converters: Sequence[Converter]) -> _Values | None:
    try:
        return tuple([converter.to_python(found[f"p{i}"]) for i, converter in enumerate(converters)])
    except ValueError:
        return None


def _spans(converter: Converter) -> bool:
    return _takes_slash(converter.regex)


@lru_cache(maxsize=256)
def _takes_slash(pattern: str) -> bool:
    from partita.urls.regex import takes_slash  # needed once there are routes, not to import `reverse`

    return takes_slash(pattern)
