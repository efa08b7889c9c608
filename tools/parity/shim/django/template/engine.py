"""Django's arguments of engines and templates, for partita's."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness import adapter  # pyright: ignore[reportMissingImports]

from partita.contracts.current import require
from partita.contracts.templates import CONTEXT_PROCESSORS, TEMPLATE_LIBRARIES, TEMPLATES
from partita.templates import ChainLoader, DictLoader, FileLoader, Loader, Source
from partita.templates import Engine as PartitaEngine
from partita.templates import RequestContext as PartitaRequestContext
from partita.templates import Template as PartitaTemplate

__all__ = ("Engine", "RequestContext", "Template", "loaders_of")


class Engine(PartitaEngine):
    """An engine made from Django's arguments, with the tags that an application has without ``{% load %}``."""

    def __init__(
        self,
        dirs: Sequence[str | os.PathLike[str]] | None = None,
        app_dirs: bool = False,
        context_processors: Sequence[str] | None = None,
        debug: bool = False,
        loaders: Sequence[Any] | None = None,
        string_if_invalid: str = "",
        file_charset: str = "utf-8",
        libraries: Mapping[str, str] | None = None,
        builtins: Sequence[str] | None = None,
        autoescape: bool = True,
    ) -> None:
        own = [module for name, module in adapter.current().all(TEMPLATE_LIBRARIES) if not name]
        folders = (*(dirs or ()), *(adapter.app_folders() if app_dirs else ()))
        super().__init__(
            folders,
            None if loaders is None else list(loaders_of(loaders, folders, file_charset)),
            libraries=libraries,
            builtins=[*own, *(builtins or ())],
            context_processors=list(named_processors(context_processors or ())),
            autoescape=autoescape,
            debug=debug,
            string_if_invalid=string_if_invalid,
            file_charset=file_charset,
        )
        self.dirs, self.app_dirs, self.file_charset = list(dirs or ()), app_dirs, file_charset

    @staticmethod
    def get_default() -> PartitaEngine:
        """Return the current application's engine."""
        engine: Any = require(TEMPLATES)
        return engine  # type: ignore[no-any-return]  # the application's is partita's own

    def render_to_string(self, template_name: Any, context: Any = None) -> Any:
        """Return a template rendered."""
        names = [template_name] if isinstance(template_name, str) else template_name
        return self.select_template(names).render(context)


def named_processors(given: Iterable[Any]) -> Iterator[Any]:
    """Turn dotted names into functions; partita's packages contribute theirs, so Django's own names stand for those."""
    from importlib import import_module

    for name in given:
        if callable(name):
            yield name
        elif name.startswith("django.template.context_processors."):
            yield from adapter.current().all(CONTEXT_PROCESSORS)
            function = name.rpartition(".")[2]
            for module in (
                "partita.i18n.context_processors",
                "partita.static.prefixes",
            ):  # those that are opt-in here, too
                own = adapter.find(module, function)
                if own is not None:
                    yield own
        else:
            module, _, function = name.rpartition(".")
            yield getattr(import_module(module), function)


def loaders_of(given: Iterable[Any], dirs: Sequence[Any], charset: str) -> Iterator[Loader]:
    """Turn Django's names of loaders, with or without arguments, into partita's loaders; partita caches by itself."""
    for each in given:
        name: str
        arguments: list[Any]
        name, *arguments = [each] if isinstance(each, str) else each
        kind = name.rsplit(".", 2)[-2]
        if kind == "cached":
            yield ChainLoader(list(loaders_of(arguments[0], dirs, charset)))
        elif kind == "locmem":
            yield DictLoader(arguments[0])
        elif kind == "app_directories":
            yield FileLoader(adapter.app_folders(), charset)
        elif kind == "filesystem":
            yield FileLoader(arguments[0] if arguments else dirs, charset)
        else:
            raise ImportError(f"partita has no loader {name}")


class Template(PartitaTemplate):
    """A template from a string, by default for the current application's engine."""

    def __init__(self, template_string: str, origin: Any = None, name: str | None = None, engine: Any = None) -> None:
        source = Source(str(template_string), name or "", origin.name if origin is not None else "")
        super().__init__(source, engine or Engine.get_default())

    @staticmethod
    def find_partial_source(template: PartitaTemplate, full_source: str) -> str:
        """Return the text of a partial."""
        return template.source


PartitaTemplate.find_partial_source = Template.find_partial_source  # type: ignore[attr-defined] # another name for source


class RequestContext(PartitaRequestContext):
    """A context with a request, under Django's name for the first names."""

    def __init__(
        self, request: Any, dict_: Any = None, processors: Any = None, autoescape: bool = True, **formats: Any
    ) -> None:
        super().__init__(request, dict_, tuple(processors or ()), autoescape)
