"""From a route's name and arguments to its path."""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, cast

from partita.contracts.i18n import current_translator
from partita.urls.converters import Converter
from partita.urls.endpoint import Bound, Endpoint, RegexStep, RouteStep
from partita.urls.errors import NoReverseMatch
from partita.urls.patterns import View

if TYPE_CHECKING:
    from partita.urls.regex import Group

__all__ = ("Names", "Query", "quoted_path", "with_query")

Query: TypeAlias = Mapping[str, object] | Iterable[tuple[str, object]]
"""Names and values for the part behind the question mark; a value that is a list or tuple stands several times."""

# RFC 3986, section 3.3: what may stand in a path unencoded, except the semicolon-free rest that quote() knows by itself.
_SAFE = "/~:@!$&'()*+,;="
_SHOWN = 5  # routes named in a message
_PLAIN = re.compile(r"[A-Za-z0-9_.\-/~:@!$&'()*+,;=]*")


class _Slot:
    __slots__ = ("converter", "fullmatch", "name", "repeats")

    def __init__(self, name: str, converter: Converter | None, repeats: bool = False) -> None:
        self.name, self.converter = name, converter
        self.repeats = repeats  # a back reference, which has the value of an earlier slot
        self.fullmatch = None if converter is None else re.compile(converter.regex, re.DOTALL).fullmatch

    def text(self, value: object) -> str | None:
        """Return the text of ``value``, or None if the route would not take it."""
        if self.converter is None or self.fullmatch is None:
            return str(value)
        try:
            text = str(self.converter.to_url(value))  # an own converter may give a number
        except ValueError:
            return None
        return text if self.fullmatch(text) else None


class _Form:
    """One way to write an endpoint's path: text with slots."""

    __slots__ = ("_expressions", "_order", "_pieces", "endpoint", "named", "names")

    def __init__(
        self, endpoint: Endpoint, pieces: Sequence[str | _Slot], expressions: Sequence[tuple[int, int, re.Pattern[str]]]
    ) -> None:
        self.endpoint = endpoint
        self._pieces = tuple((piece, _quoted(piece)) if isinstance(piece, str) else piece for piece in pieces)
        self._expressions = tuple(expressions)
        slots = [piece for piece in pieces if isinstance(piece, _Slot)]
        self.names = tuple(slot.name for slot in slots if not slot.repeats)
        self.named = frozenset(self.names)
        self._order = _order(slots) if any(slot.repeats for slot in slots) else None

    def objection(self, args: Sequence[object], kwargs: Mapping[str, object]) -> str:
        """Return why these values give no path."""
        names = ", ".join(self.names) or "nothing"
        if args:
            if len(args) != len(self.names):
                return f"takes {names}"
            values = dict(zip(self.names, args, strict=True))
        else:
            defaults = self.endpoint.defaults
            missing = [name for name in self.names if name not in kwargs and name not in defaults]
            unknown = [name for name in kwargs if name not in self.named and name not in defaults]
            if missing or unknown:
                wrong = ([f"lacks {', '.join(missing)}"] if missing else []) + (
                    [f"takes no {', '.join(map(str, unknown))}"] if unknown else []
                )
                return " and ".join(wrong)
            for name, value in defaults.items():
                if name not in self.named and kwargs.get(name, value) != value:
                    return f"has {name}={value!r}"[:200]
            values = {**defaults, **kwargs}
        for piece in self._pieces:
            if not isinstance(piece, tuple) and piece.text(values[piece.name]) is None:
                return f"cannot have {piece.name}={values[piece.name]!r}"[:200]
        return "does not match these values"

    def path(self, values: Sequence[object]) -> str | None:
        """Return the path, percent-encoded, or None if a value does not fit."""
        if self._order is not None:
            values = [values[at] for at in self._order]
        quoted: list[str] = ["/"]
        raw: list[str] = []
        at = 0
        for piece in self._pieces:
            if isinstance(piece, tuple):
                quoted.append(piece[1])
                raw.append(piece[0])
                continue
            text = piece.text(values[at])
            if text is None:
                return None
            at += 1
            raw.append(text)
            quoted.append(_quoted(text))
        for start, end, regex in self._expressions:
            whole = "".join(raw[start:end])
            found = regex.search(whole)
            if found is None or found.end() != len(whole):
                return None
        path = "".join(quoted)
        # Two slashes at the start would name another host (//evil.example).
        return f"/%2F{path[2:]}" if path.startswith("//") else path


class _Space:
    __slots__ = ("apps", "forms", "spaces")

    def __init__(self) -> None:
        self.forms: dict[str, list[_Form]] = {}
        self.spaces: dict[str, _Space] = {}
        self.apps: dict[str, list[str]] = {}

    def named(self, prefix: str = "") -> Iterator[tuple[str, list[_Form]]]:
        """Yield all names behind their namespaces, with what they lead to."""
        yield from ((f"{prefix}{name}", forms) for name, forms in self.forms.items())
        for name, space in self.spaces.items():
            yield from space.named(f"{prefix}{name}:")


class Names:
    """The names of all endpoints, by namespace."""

    __slots__ = ("_localized", "_root", "_views")

    def __init__(self, endpoints: Sequence[Endpoint]) -> None:
        self._root = _Space()
        self._views: dict[View, list[_Form]] = {}
        self._localized = any(endpoint.language is not None for endpoint in endpoints)
        for endpoint in endpoints:
            space = self._root
            for app_name, namespace in zip(endpoint.app_names, endpoint.namespaces, strict=True):
                instances = space.apps.setdefault(app_name, [])
                if namespace not in instances:
                    instances.append(namespace)
                space = space.spaces.setdefault(namespace, _Space())
            forms = list(_forms(endpoint))
            if endpoint.name is not None:
                # The route declared last comes first, as in Django.
                space.forms[endpoint.name] = forms + space.forms.get(endpoint.name, [])
            if space is self._root and hasattr(endpoint.view, "__hash__"):
                self._views[endpoint.view] = forms + self._views.get(endpoint.view, [])

    def path(
        self, name: str | View, args: Sequence[object], kwargs: Mapping[str, object], current_app: str | None = None
    ) -> str:
        """Return the path of the route ``name``, percent-encoded.

        Raises:
            NoReverseMatch: If there is none that takes these arguments.
        """
        shown = name if isinstance(name, str) else getattr(name, "__qualname__", repr(name))
        forms = self._find(name, shown, current_app)
        if self._localized:
            forms = _of_language(forms)
        if args and kwargs:
            raise NoReverseMatch(shown, "give positional or keyword arguments, not both")
        for form in forms:
            if args:
                values: Sequence[object] | None = args if len(args) == len(form.names) else None
            else:
                values = _by_name(form, kwargs)
            if values is not None and (path := form.path(values)) is not None:
                return path
        raise NoReverseMatch(shown, partial(_mismatch, forms, args, kwargs))

    def signatures(self, name: str) -> list[tuple[tuple[str, ...], frozenset[str]]]:
        """Return what each route of that name takes: the names of its parameters, and those that may be left out.

        Raises:
            NoReverseMatch: If there is none.
        """
        forms = self._find(name, name, None)
        return [(form.names, frozenset(form.endpoint.defaults)) for form in forms]

    def _find(self, name: str | View, shown: str, current_app: str | None) -> list[_Form]:
        if not isinstance(name, str):
            if not isinstance(name, Hashable) or name not in self._views:
                raise NoReverseMatch(shown, partial(self._unknown_view, name))
            return self._views[name]
        *parts, last = name.split(":")
        space = self._root
        current = current_app.split(":") if current_app else []
        for depth, part in enumerate(parts):
            wanted = current[depth] if depth < len(current) else None
            instances = space.apps.get(part, [])
            if wanted is not None and wanted in instances:
                part = wanted
            elif instances and part not in instances:
                part = instances[-1]
            if part != wanted:
                current = []
            if part not in space.spaces:
                raise NoReverseMatch(shown, partial(self._unknown, f"there is no namespace {part!r}", name))
            space = space.spaces[part]
        if last not in space.forms:
            raise NoReverseMatch(shown, partial(self._unknown, "no route has this name", name))
        return space.forms[last]

    def _unknown(self, problem: str, name: str) -> str:
        from partita.urls.proposals import proposal  # for errors only

        return problem + proposal(name, (known for known, _ in self._root.named()))

    def _unknown_view(self, view: object) -> str:
        if not callable(view):
            return f"expected the name of a route, or a view, got {type(view).__name__}"
        if isinstance(view, type) and hasattr(view, "as_view"):
            return f"a route has what {view.__name__}.as_view() returned, not the class; give the route's name"
        for name, forms in self._root.named():
            if any(form.endpoint.view == view for form in forms):
                return f"a view in a namespace is not found by itself; give its name: {name!r}"
        return "no route outside a namespace leads to this view"


def with_query(path: str, query: Query | None, fragment: str | None) -> str:
    """Append a query and a fragment, both encoded."""
    if query is not None:
        lists: Callable[[], Iterable[tuple[str, object]]] | None = getattr(query, "lists", None)
        if lists is not None:  # a MultiDict keeps all its values
            pairs = lists()
        else:
            if query and isinstance(query, str | bytes):
                raise TypeError(
                    f"query takes names and values, such as {{'page': 2}}, and no text such as {query!r:.80}; "
                    "append what is encoded already, with ? before it"
                )
            pairs = cast("Mapping[str, object]", query).items() if isinstance(query, Mapping) else query
        from urllib.parse import urlencode

        encoded = urlencode([(key, value) for key, value in pairs if value is not None], doseq=True)
        path = f"{path}?{encoded}" if encoded else path
    return path if fragment is None else f"{path}#{_quoted(fragment, '?')}"


def _of_language(forms: list[_Form]) -> list[_Form]:
    """Leave out routes that belong to another language than the current one, or the one that stands in for it."""
    languages = {form.endpoint.language: form for form in sorted(forms, key=lambda form: -form.endpoint.index)}
    if set(languages) <= {None}:
        return forms
    translator = current_translator()
    wanted = "" if translator is None else translator.language
    if wanted not in languages:
        wanted = wanted.partition("-")[0]
    if wanted in languages:
        chosen: str | None = wanted
    else:
        own = {each: form for each, form in languages.items() if each is not None}
        bare = [each for each, form in own.items() if not form.endpoint.route.startswith(f"{each}/")]
        chosen = (bare or sorted(own, key=lambda each: own[each].endpoint.index))[0]
    return [form for form in forms if form.endpoint.language in {None, chosen}]


def quoted_path(path: str) -> str:
    """Return a decoded path as it is sent; no second slash stands at its beginning, for that would name another host."""
    quoted = _quoted(path)
    return f"/%2F{quoted[2:]}" if quoted.startswith("//") else quoted


def _quoted(text: str, more: str = "") -> str:
    if _PLAIN.fullmatch(text):
        return text
    from urllib.parse import quote  # a tenth of this package's import time, for few texts

    return quote(text, safe=_SAFE + more)


def _by_name(form: _Form, kwargs: Mapping[str, object]) -> Sequence[object] | None:
    defaults = form.endpoint.defaults
    if not defaults:
        return [kwargs[name] for name in form.names] if kwargs.keys() == form.named else None
    if (kwargs.keys() ^ form.named) - defaults.keys():
        return None
    for name, value in defaults.items():
        if name not in form.named and kwargs.get(name, value) != value:
            return None
    return [kwargs[name] if name in kwargs else defaults[name] for name in form.names]


def _forms(endpoint: Endpoint) -> Iterable[_Form]:
    variants: list[tuple[list[str | _Slot], list[tuple[int, int, re.Pattern[str]]]]] = [([], [])]
    for step in endpoint.steps:
        if isinstance(step, RouteStep):
            pieces = [
                _Slot(token.name, token.converter) if isinstance(token, Bound) else token for token in step.tokens
            ]
            variants = [([*before, *pieces], expressions) for before, expressions in variants]
        else:
            variants = _with_expression(variants, step)
    return [_Form(endpoint, pieces, expressions) for pieces, expressions in variants]


def _with_expression(
    variants: list[tuple[list[str | _Slot], list[tuple[int, int, re.Pattern[str]]]]], step: RegexStep
) -> list[tuple[list[str | _Slot], list[tuple[int, int, re.Pattern[str]]]]]:
    from partita.urls.regex import Group, templates  # for re_path only

    longer = []
    for before, expressions in variants:
        for template in templates(step.regex):
            pieces = [
                _Slot(str(piece.name), None, _is_again(template, at)) if isinstance(piece, Group) else piece
                for at, piece in enumerate(template)
            ]
            end = len(before) + len(pieces)
            longer.append(([*before, *pieces], [*expressions, (len(before), end, step.regex)]))
    return longer


def _is_again(template: "Sequence[str | Group]", at: int) -> bool:
    here = template[at]
    return any(
        not isinstance(each, str) and not isinstance(here, str) and each.name == here.name for each in template[:at]
    )


def _order(slots: Sequence[_Slot]) -> list[int]:
    """Return which value each slot has."""
    order: list[int] = []
    latest: dict[str, int] = {}
    count = 0
    for slot in slots:
        if not slot.repeats:
            latest[slot.name] = count
            count += 1
        order.append(latest[slot.name])
    return order


def _mismatch(forms: Sequence[_Form], args: Sequence[object], kwargs: Mapping[str, object]) -> str:
    given = (
        f"arguments {tuple(args)!r}" if args else f"keyword arguments {dict(kwargs)!r}" if kwargs else "no arguments"
    )
    tried = list(dict.fromkeys(f"{form.endpoint.route!r} {form.objection(args, kwargs)}" for form in forms))
    more = f"; and {len(tried) - _SHOWN} more" if len(tried) > _SHOWN else ""
    return f"{given[:200]} do not fit: {'; '.join(tried[:_SHOWN]) or 'no route is of this language'}{more}"
