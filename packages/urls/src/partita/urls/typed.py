"""A module of functions, one for each name of a route, so that a type checker knows what paths are made of."""

import json
import keyword
import re
from collections.abc import Iterator, Sequence

from partita.urls.converters import Converter
from partita.urls.endpoint import Bound, Endpoint, RegexStep
from partita.urls.errors import PatternError
from partita.urls.regex import Group, templates
from partita.urls.router import Router

__all__ = ("typed_functions",)

_HEAD = '''"""Paths by the names of their routes. Written by ``partita routes --typed``; write it anew when routes change."""

import datetime
import uuid
from typing import overload

from partita.urls import reverse
from partita.urls.reversing import Query

__all__ = ({names})

_USED = (datetime, uuid, overload)
'''
_KNOWN = frozenset({"int", "str", "float", "bool", "uuid.UUID", "datetime.date"})
_Signature = tuple[tuple[str, str], ...]


def typed_functions(router: Router) -> str:
    """Return the source of a module with a function for each named route, below a class for each namespace.

    ``urls.shop.album(artist="abba", pk=7)`` is ``reverse("shop:album", artist="abba", pk=7)``; an argument that is missing, too much
    or of another type is found by mypy, pyright and editors. Routes with positional groups are left out, and those with a parameter
    that is a word of Python's own.

    Raises:
        PatternError: If two names would become one, since they differ in characters that a function's name cannot have.
    """
    tree = _Space()
    for endpoint in router._compiled.endpoints:
        if endpoint.name is None:
            continue
        for found in _signatures(endpoint):
            tree.add([*endpoint.namespaces, endpoint.name], endpoint.view_name, found)
    names = [_identifier(name) for name in (*tree.functions, *tree.spaces)]
    head = _HEAD.format(names="".join(f'"{name}", ' for name in sorted(names)).rstrip())
    return "\n".join([head, *tree.lines(""), ""])


class _Space:
    __slots__ = ("functions", "spaces", "taken")

    def __init__(self) -> None:
        self.functions: dict[str, tuple[str, list[_Signature]]] = {}
        self.spaces: dict[str, _Space] = {}
        self.taken: dict[str, str] = {}

    def add(self, parts: Sequence[str], full: str, signature: _Signature) -> None:
        first = parts[0]
        if self.taken.setdefault(_identifier(first), first) != first:
            raise PatternError(full, f"its function would be called like that of {self.taken[_identifier(first)]!r}")
        if len(parts) > 1:
            self.spaces.setdefault(first, _Space()).add(parts[1:], full, signature)
            return
        known = self.functions.setdefault(first, (full, []))[1]
        if signature not in known:
            known.append(signature)

    def lines(self, indent: str) -> Iterator[str]:
        for name, (full, signatures) in self.functions.items():
            yield from _function(_identifier(name), full, signatures, indent)
        for name, space in self.spaces.items():
            yield f"{indent}class {_identifier(name)}:"
            yield f'{indent}    """The namespace ``{name}``."""'
            yield ""
            yield from space.lines(f"{indent}    ")


def _function(name: str, full: str, signatures: Sequence[_Signature], indent: str) -> Iterator[str]:
    marks = [f"{indent}@staticmethod"] if indent else []
    for signature in signatures if len(signatures) > 1 else ():
        yield f"{indent}@overload"
        yield from marks
        yield f"{indent}def {name}({_parameters(signature)}) -> str: ..."
    yield from marks
    if len(signatures) > 1:
        yield f"{indent}def {name}(*, query: Query | None = None, fragment: str | None = None, **kwargs: object) -> str:"
        values = "kwargs"
    else:
        yield f"{indent}def {name}({_parameters(signatures[0])}) -> str:"
        values = "{" + ", ".join(f'"{parameter}": {parameter}' for parameter, _ in signatures[0]) + "}"
    shown = full.replace("\\", "\\\\").replace('"', "'")
    yield f'{indent}    """Return the path of ``{shown}``."""'
    own = {parameter for signature in signatures for parameter, _ in signature}
    options = "".join(f", {each}={each}" for each in ("query", "fragment") if each not in own)
    yield f"{indent}    return reverse({json.dumps(full, ensure_ascii=False)}, kwargs={values}{options})"
    yield ""


def _parameters(signature: _Signature) -> str:
    options = {"query": "Query | None = None", "fragment": "str | None = None"}
    own = dict(signature)
    return "*, " + ", ".join(
        [f"{name}: {kind}" for name, kind in signature]
        + [f"{name}: {kind}" for name, kind in options.items() if name not in own]
    )


def _signatures(endpoint: Endpoint) -> list[_Signature]:
    """Return what the route takes: one signature, or several if groups of its expression are optional."""
    variants: list[_Signature] = [()]
    for step in endpoint.steps:
        if not isinstance(step, RegexStep):
            own = tuple((token.name, _kind(token.converter)) for token in step.tokens if isinstance(token, Bound))
            variants = [before + own for before in variants]
            continue
        if step.regex.groups != len(step.regex.groupindex):
            return []
        gaps = [[str(piece.name) for piece in text if isinstance(piece, Group)] for text in templates(step.regex)]
        variants = [
            before + tuple((name, "str") for name in dict.fromkeys(names)) for before in variants for names in gaps
        ]
    return [variant for variant in variants if not any(keyword.iskeyword(name) for name, _ in variant)]


def _kind(converter: Converter) -> str:
    given = getattr(converter.to_python, "__annotations__", {}).get("return", object)
    name = given if isinstance(given, str) else f"{given.__module__}.{given.__qualname__}".removeprefix("builtins.")
    return name if name in _KNOWN else "object"


def _identifier(name: str) -> str:
    plain = re.sub(r"\W", "_", name)
    return f"{plain}_" if keyword.iskeyword(plain) else plain if plain.isidentifier() else f"_{plain}"
