"""YAML: a list of mappings, read with plain types only and item by item."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import yaml  # type: ignore[import-untyped]  # its stubs are a package of their own, which nobody else needs

from partita.serializers.errors import FormatSyntaxError, UnserializableContent
from partita.serializers.formats.base import DEEPEST, LONGEST
from partita.serializers.records import Record

__all__ = ("YAMLFormat",)

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class YAMLFormat:
    """A list of mappings. Tags that make objects are refused, and so are aliases, by which few lines can mean gigabytes."""

    __slots__ = ()

    name = "yaml"
    extensions = ("yaml", "yml")

    def writer(self, indent: int | None = None) -> "_Writer":
        """See `Format.writer`."""
        return _Writer(indent)

    def read(self, stream: TextIO) -> Iterator[Mapping[str, object]]:
        """See `Format.read`."""
        number = 0
        loader = _Loader(stream)
        try:
            for node in _items(loader):
                number += 1
                found = loader.construct_document(node)
                if not isinstance(found, dict):
                    raise FormatSyntaxError(f"object {number}", f"expected a mapping, got {type(found).__name__}")
                yield found
        except (yaml.YAMLError, ValueError, OverflowError, TypeError) as error:
            if isinstance(error, FormatSyntaxError):
                raise
            raise FormatSyntaxError(f"object {number + 1}", f"this is not YAML: {error!s:.300}") from None
        finally:
            loader.dispose()


class _Plain(_Dumper):  # type: ignore[misc]  # its class depends on how PyYAML was built
    """Writes a value again wherever it stands: aliases are not read back."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


class _Writer:
    def __init__(self, indent: int | None) -> None:
        self._indent = indent
        self._first = True

    def begin(self) -> str:
        return ""

    def write(self, record: Record) -> str:
        self._first = False
        try:
            text = yaml.dump(
                [record.as_json()],
                Dumper=_Plain,
                allow_unicode=True,
                default_flow_style=False,
                indent=self._indent,
                sort_keys=False,
            )
        except (yaml.YAMLError, RecursionError) as error:
            raise UnserializableContent(
                record.place(), f"has a value that YAML has no way to say: {error!s:.200}"
            ) from error
        return str(text)

    def end(self) -> str:
        return "[]\n" if self._first else ""


def _items(loader: Any) -> Iterator[Any]:
    """Yield the nodes of the items of one list.

    Nodes are made here of events, because PyYAML makes the whole document at once and gives aliases their way.
    """
    _expect(loader, yaml.StreamStartEvent)
    if loader.check_event(yaml.StreamEndEvent):
        return
    _expect(loader, yaml.DocumentStartEvent)
    event = loader.get_event()
    if isinstance(event, yaml.ScalarEvent) and not event.value:
        return
    if not isinstance(event, yaml.SequenceStartEvent):
        raise FormatSyntaxError("", "expected a YAML list of mappings")
    while not loader.check_event(yaml.SequenceEndEvent):
        yield _node(loader, loader.peek_event().start_mark.index)
    loader.get_event()
    _expect(loader, yaml.DocumentEndEvent)
    _expect(loader, yaml.StreamEndEvent)


def _expect(loader: Any, kind: type) -> None:
    event = loader.get_event()
    if not isinstance(event, kind):
        raise FormatSyntaxError(f"line {event.start_mark.line + 1}", "expected one document with one list")


def _node(loader: Any, start: int, depth: int = 0) -> Any:
    event = loader.get_event()
    mark = event.start_mark
    if depth > DEEPEST:
        raise FormatSyntaxError(
            f"line {mark.line + 1}", f"lists and mappings are nested more than {DEEPEST} levels deep"
        )
    if event.end_mark.index - start > LONGEST:
        raise FormatSyntaxError(f"line {mark.line + 1}", f"the object is longer than {LONGEST} characters")
    if isinstance(event, yaml.AliasEvent):
        raise FormatSyntaxError(f"line {mark.line + 1}", "aliases (*name) are refused: write the value out")
    if isinstance(event, yaml.ScalarEvent):
        tag = event.tag
        if tag is None or tag == "!":
            tag = loader.resolve(yaml.ScalarNode, event.value, event.implicit)
        return yaml.ScalarNode(tag, event.value, mark, event.end_mark, style=event.style)
    parts: list[Any] = []
    if isinstance(event, yaml.SequenceStartEvent):
        while not loader.check_event(yaml.SequenceEndEvent):
            parts.append(_node(loader, start, depth + 1))
        made: Any = yaml.SequenceNode
    else:
        while not loader.check_event(yaml.MappingEndEvent):
            key = _node(loader, start, depth + 1)
            parts.append((key, _node(loader, start, depth + 1)))
        made = yaml.MappingNode
    end = loader.get_event().end_mark
    tag = event.tag
    if tag is None or tag == "!":
        tag = loader.resolve(made, None, event.implicit)
    return made(tag, parts, mark, end)
