"""Django's template language, compiled to Python."""

from markupsafe import Markup

from partita.templates.bytecode import BytecodeCache, DiskBytecode
from partita.templates.context import Context
from partita.templates.engine import Engine
from partita.templates.errors import (
    TemplateError,
    TemplateNotFound,
    TemplateRecursionError,
    TemplateSyntaxError,
    VariableDoesNotExist,
)
from partita.templates.expressions import FilterExpression, Variable
from partita.templates.fragments import FragmentStore, MemoryFragments, fragment_key
from partita.templates.library import Library, stringfilter
from partita.templates.loaders import DictLoader, FileLoader, Loader
from partita.templates.nodes import Node, NodeList, TextNode, VariableNode
from partita.templates.parser import Parser
from partita.templates.template import Source, Template
from partita.templates.tokens import Token

__all__ = (
    "BytecodeCache",
    "Context",
    "DictLoader",
    "DiskBytecode",
    "Engine",
    "FileLoader",
    "FilterExpression",
    "FragmentStore",
    "Library",
    "Loader",
    "Markup",
    "MemoryFragments",
    "Node",
    "NodeList",
    "Parser",
    "Source",
    "Template",
    "TemplateError",
    "TemplateNotFound",
    "TemplateRecursionError",
    "TemplateSyntaxError",
    "TextNode",
    "Token",
    "Variable",
    "VariableDoesNotExist",
    "VariableNode",
    "fragment_key",
    "stringfilter",
)
