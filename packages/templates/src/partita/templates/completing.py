"""What could stand at a place in a template: tags, filters, variables, names of templates, blocks and routes; for editors."""

import re
from collections.abc import Callable, Iterable, Iterator
from inspect import cleandoc
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from partita.templates.errors import TemplateError
from partita.templates.library import Library

if TYPE_CHECKING:
    from partita.templates.engine import Engine
    from partita.templates.template import Template

__all__ = ("Completion", "complete", "describe")

Kind = Literal["tag", "filter", "variable", "template", "block", "partial", "library", "value"]
MAX_SOURCE = 1_000_000
"""Characters before the place that are looked at."""
_MAX_PARENTS = 20
_TAG = re.compile(r"\{%-?\s*(\w+)([^%]*(?:%(?!\})[^%]*)*)%\}")
_NAME = re.compile(r"[^\W\d]\w*")
_VARIABLE = re.compile(r"\{\{\s*([^\W\d][\w.]*)")
_QUOTED = re.compile(r"""["']([^"']*)$""")
_WORD = re.compile(r"[\w.#/-]*$")
_FORLOOP = ("counter", "counter0", "revcounter", "revcounter0", "first", "last", "length", "parentloop")
_OPENS_SCOPE = {"for", "with"}
_PAIRED = frozenset(
    [
        "autoescape",
        "block",
        "blocktranslate",
        "cache",
        "comment",
        "filter",
        "for",
        "if",
        "ifchanged",
        "partialdef",
        "spaceless",
        "verbatim",
        "with",
    ]
)
_BRANCHES = {"if": ("elif", "else"), "for": ("empty",), "ifchanged": ("else",), "blocktranslate": ("plural",)}


class Completion(NamedTuple):
    """Something that fits."""

    label: str
    kind: Kind
    detail: str = ""
    """Its documentation, if it has any."""


def complete(engine: "Engine", source: str, offset: int, name: str = "") -> list[Completion]:
    """Return what fits at a place, sorted, with the innermost variables first.

    A tag may tell what fits as its first argument, in the `Library.suggestions` of its library; ``{% url %}`` does so.

    Args:
        engine: Whose tags, filters and templates there are.
        source: The whole template, which need not be without mistakes.
        offset: The place, in characters from the beginning.
        name: Of the template, against which ``./`` and ``../`` are read.

    Returns:
        Nothing where plain text stands.
    """
    before = source[max(0, offset - MAX_SOURCE) : offset]
    opened = max(before.rfind("{{"), before.rfind("{%"))
    if opened < 0 or any(closer in before[opened:] for closer in ("}}", "%}")) or "\n" in before[opened:]:
        return []
    inside, earlier = before[opened + 2 :], before[:opened]
    known = _Known(engine, earlier)
    if before[opened : opened + 2] == "{{":
        found = known.in_expression(inside, earlier, source)
    else:
        found = known.in_tag(inside, earlier, source, name)
    typed = _WORD.search(inside)
    prefix = typed[0] if typed else ""
    quoted = _QUOTED.search(inside)
    if quoted:
        prefix = quoted[1]
    elif "." in prefix:
        prefix = prefix.rpartition(".")[2]
    return [each for each in dict.fromkeys(found) if each.label.startswith(prefix)]


def describe(engine: "Engine", source: str, offset: int) -> str:
    """Return the documentation of the tag or filter at a place; empty if there is none."""
    start = end = offset
    while start and (source[start - 1].isalnum() or source[start - 1] == "_"):
        start -= 1
    while end < len(source) and (source[end].isalnum() or source[end] == "_"):
        end += 1
    word, left = source[start:end], source[:start].rstrip(" -")
    known = _Known(engine, source[:start])
    if left.endswith("{%"):
        return _documentation(known.tags.get(word))
    return _documentation(known.filters.get(word)) if left.endswith("|") else ""


class _Known:
    """The tags and filters that are loaded at a place."""

    def __init__(self, engine: "Engine", earlier: str) -> None:
        self.engine = engine
        libraries = list(engine.builtins)
        for tag, words in _tags(earlier):
            if tag == "load":
                libraries += self._loaded(words.split())
        self.tags: dict[str, Any] = {}
        self.filters: dict[str, Any] = {}
        self.suggestions: dict[str, Callable[[], Iterable[str]]] = {}
        for library in libraries:
            self.suggestions.update(library.suggestions)
            self.tags.update(library.tags)
            self.filters.update(library.filters)

    def _loaded(self, words: list[str]) -> Iterator[Library]:
        names = words[words.index("from") + 1 :] if "from" in words else words
        for name in names:
            if name in self.engine.libraries:
                try:
                    yield self.engine.libraries[name]()
                except (ImportError, TemplateError):
                    continue  # a check tells about it

    def in_expression(self, inside: str, earlier: str, source: str) -> Iterator[Completion]:
        """Give what fits in a variable, or in an argument of a tag."""
        if inside.count('"') % 2 or inside.count("'") % 2:
            return  # within a text
        word = re.split(r"[\s|:=(,]", inside)[-1]
        if inside.rstrip(" ").endswith("|") or re.search(r"\|\s*\w*$", inside):
            for name in sorted(self.filters):
                yield Completion(name, "filter", _documentation(self.filters[name]))
        elif word.startswith("forloop."):
            yield from (Completion(name, "variable") for name in _FORLOOP)
        elif "." not in word:
            yield from (Completion(name, "variable") for name in _variables(earlier, source))

    def in_tag(self, inside: str, earlier: str, source: str, name: str) -> Iterator[Completion]:
        """Give what fits within a tag."""
        text = inside.lstrip("- ")
        words = text.split()
        if not words or (len(words) == 1 and not text[-1].isspace()):
            yield from self._tag_names(earlier)
            return
        tag, first = words[0], len(words) == 1 or (len(words) == 2 and not text[-1].isspace())
        if tag == "load":
            yield from (Completion(each, "library") for each in sorted(self.engine.libraries))
        elif tag in {"extends", "include"} and first:
            yield from self._template_names(text, source)
        elif tag == "block" and first:
            yield from (Completion(each, "block") for each in self._blocks(source, name))
        elif tag == "partial" and first:
            yield from (Completion(each, "partial") for each in _arguments(source, "partialdef"))
        elif first and tag in self.suggestions:
            yield from (Completion(each, "value") for each in sorted(self.suggestions[tag]()))
        else:
            yield from self.in_expression(text, earlier, source)

    def _tag_names(self, earlier: str) -> Iterator[Completion]:
        opened = _open_tags(earlier, self.tags)
        if opened:
            yield Completion(f"end{opened[-1]}", "tag", f"Ends {{% {opened[-1]} %}}.")
            yield from (Completion(branch, "tag") for branch in _BRANCHES.get(opened[-1], ()))
        for name in sorted(self.tags):
            yield Completion(name, "tag", _documentation(self.tags[name]))

    def _template_names(self, text: str, source: str) -> Iterator[Completion]:
        quoted = _QUOTED.search(text)
        wanted = quoted[1] if quoted else ""
        template, hash_, _ = wanted.partition("#")
        if hash_:
            found = self._template(template)
            yield from (Completion(f"{template}#{each}", "partial") for each in sorted(found.partials if found else ()))
            return
        yield from (Completion(each, "template") for each in self.engine.names())

    def _blocks(self, source: str, name: str) -> list[str]:
        """The blocks of the parents that are not filled yet."""
        from partita.templates.tags.inheritance import resolve_name

        filled = set(_arguments(source, "block"))
        blocks: dict[str, None] = {}
        parent = next(iter(_arguments(source, "extends")), None)
        for _ in range(_MAX_PARENTS):
            if parent is None:
                break
            found = self._template(resolve_name(parent, name))
            if found is None:
                break
            blocks |= dict.fromkeys(found.blocks)
            name = found.name
            literal = found.extends.parent.var.literal if found.extends is not None else None
            parent = literal if isinstance(literal, str) else None
        return [each for each in blocks if each not in filled]

    def _template(self, name: str) -> "Template | None":
        try:
            return self.engine.get_template(name)
        except (TemplateError, UnicodeDecodeError):
            return None


def _tags(text: str) -> Iterator[tuple[str, str]]:
    for found in _TAG.finditer(text):
        yield found[1], found[2]


def _arguments(source: str, tag: str) -> Iterator[str]:
    """Give the first argument of each use of a tag, without quotes."""
    for name, words in _tags(source):
        if name == tag and (first := words.split()[:1]):
            yield first[0].strip("\"'")


def _open_tags(earlier: str, known: dict[str, Any]) -> list[str]:
    """The tags that are open at the end of ``earlier``, the innermost last."""
    ended = [name[3:] for name, _ in _tags(earlier) if name.startswith("end")]
    closing = (_PAIRED & known.keys()) | set(ended)
    opened: list[str] = []
    for name, _ in _tags(earlier):
        if name.startswith("end"):
            if name[3:] in opened:
                del opened[len(opened) - 1 - opened[::-1].index(name[3:]) :]
        elif name in closing:
            opened.append(name)
    return opened


def _variables(earlier: str, source: str) -> list[str]:
    """Names that mean something: of the loops around first, then of ``as``, then those that the template shows elsewhere."""
    scopes: list[tuple[str, list[str]]] = []
    kept: list[str] = []
    for tag, words in _tags(earlier):
        if tag == "for":
            scopes.append((tag, [*_NAME.findall(words.partition(" in ")[0]), "forloop"]))
        elif tag == "with":
            scopes.append((tag, re.findall(r"([^\W\d]\w*)=", words) + re.findall(r" as ([^\W\d]\w*)", words)))
        elif tag.startswith("end") and tag[3:] in _OPENS_SCOPE:
            if scopes and scopes[-1][0] == tag[3:]:
                scopes.pop()
        else:
            kept += re.findall(r" as ([^\W\d]\w*)\s*$", words)
    inner = [name for _, names in reversed(scopes) for name in names]
    shown = sorted({found.partition(".")[0] for found in _VARIABLE.findall(source)})
    return [*inner, *kept, *shown]


def _documentation(function: Any) -> str:
    if function is None:
        return ""
    return cleandoc(getattr(getattr(function, "__wrapped__", function), "__doc__", "") or "")
