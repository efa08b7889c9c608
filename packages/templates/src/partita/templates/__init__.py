"""Django's template language, compiled to Python."""

from markupsafe import Markup

from partita.templates.bytecode import BytecodeCache, DiskBytecode
from partita.templates.context import Context, RequestContext
from partita.templates.engine import Engine
from partita.templates.engines import Backend, Engines
from partita.templates.errors import (
    ComponentError,
    TemplateError,
    TemplateNotFound,
    TemplateRecursionError,
    TemplateSyntaxError,
    VariableDoesNotExist,
)
from partita.templates.expressions import FilterExpression, Variable
from partita.templates.fragments import FragmentStore, MemoryFragments, fragment_key
from partita.templates.library import Library, stringfilter
from partita.templates.loaders import (
    CachedLoader,
    ChainLoader,
    DictLoader,
    FileLoader,
    FunctionLoader,
    Loader,
    PackageLoader,
)
from partita.templates.nodes import Node, NodeList, TextNode, VariableNode
from partita.templates.parser import Parser
from partita.templates.sources import Origin, Source
from partita.templates.template import Template
from partita.templates.tokens import Token, TokenType

__all__ = (
    "Backend",
    "BytecodeCache",
    "CachedLoader",
    "ChainLoader",
    "ComponentError",
    "Context",
    "DictLoader",
    "DiskBytecode",
    "Engine",
    "Engines",
    "FileLoader",
    "FilterExpression",
    "FragmentStore",
    "FunctionLoader",
    "Library",
    "Loader",
    "Markup",
    "MemoryFragments",
    "Node",
    "NodeList",
    "Origin",
    "PackageLoader",
    "Parser",
    "RequestContext",
    "Source",
    "Template",
    "TemplateError",
    "TemplateNotFound",
    "TemplateRecursionError",
    "TemplateSyntaxError",
    "TextNode",
    "Token",
    "TokenType",
    "Variable",
    "VariableDoesNotExist",
    "VariableNode",
    "fragment_key",
    "stringfilter",
)
