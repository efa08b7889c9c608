"""The tag library ``i18n``; needs partita-templates."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from partita.contracts.i18n import current_translator, gettext, pgettext
from partita.i18n.alternates import alternate_links as links_of
from partita.i18n.catalogues import MessageTranslator
from partita.i18n.languages import LanguageInfo, language_info
from partita.i18n.switching import get_language, get_language_bidi, override
from partita.i18n.translations import current_translations
from partita.templates import (
    Context,
    FilterExpression,
    Library,
    Markup,
    Node,
    NodeList,
    Parser,
    TemplateSyntaxError,
    Token,
)

if TYPE_CHECKING:
    from partita.templates.codegen import Generator

__all__ = ("register",)

register = Library()


def translate_value(value: Any, context: str | None = None) -> Any:
    """Translate one message; safe text stays safe, and percent signs are doubled in catalogues."""
    text = str.__str__(str(value)).replace("%", "%%")
    if not text:
        return ""
    found = gettext(text) if context is None else pgettext(context, text)
    found = found.replace("%%", "%")
    return Markup(found) if isinstance(value, Markup) else found


class TranslateNode(Node):
    """``{% translate %}``."""

    def __init__(
        self, message: FilterExpression, noop: bool, target: str | None, context: FilterExpression | None
    ) -> None:
        self.message, self.noop, self.target, self.context = message, noop, target, context
        self.uses_context = target is not None

    def compile(self, generator: "Generator") -> None:
        context = f", {self.context.code(generator)}" if self.context is not None else ""
        translate = generator.constant(translate_value)
        code = self.message.code(generator, around=lambda code: code if self.noop else f"{translate}({code}{context})")
        if self.target is not None:
            generator.line(f"c[{self.target!r}] = {code}")
        else:
            generator.put(f"{'show' if generator.autoescape else 'raw'}({code})")


@register.tag("translate")
@register.tag("trans")
def translate(parser: Parser, token: Token) -> Node:
    """``{% translate "Cart" context "shop" as label %}``."""
    words = token.split_contents()
    if len(words) < 2:
        raise TemplateSyntaxError(f"{words[0]!r} takes at least one argument, the message")
    noop, target, context = False, None, None
    rest = iter(words[2:])
    seen: set[str] = set()
    for option in rest:
        _once(option, seen)
        if option == "noop":
            noop = True
            continue
        if option not in {"as", "context"}:
            raise TemplateSyntaxError(
                f'Unknown argument for {words[0]!r} tag: {option[:80]!r}. Expected noop, as name, or context "..."'
            )
        value = _argument(words[0], option, next(rest, None))
        if option == "context" and value in {"as", "noop"}:
            raise TemplateSyntaxError(
                f"Invalid argument {value!r} provided to the {words[0]!r} tag for the context option"
            )
        if option == "as":
            target = value
        else:
            context = parser.compile_filter(value)
    return TranslateNode(parser.compile_filter(words[1]), noop, target, context)


def _once(option: str, seen: set[str]) -> None:
    if option in seen:
        raise TemplateSyntaxError(f"The {option[:80]!r} option was specified more than once.")
    seen.add(option)


def _argument(tag: str, option: str, value: str | None) -> str:
    if value is None:
        raise TemplateSyntaxError(f"No argument provided to the {tag!r} tag for the {option} option.")
    return value


class BlockTranslateNode(Node):
    """``{% blocktranslate %}``."""

    def __init__(
        self,
        values: Mapping[str, FilterExpression],
        singular: list[Token],
        plural: list[Token],
        counter: str | None,
        context: FilterExpression | None,
        trimmed: bool,
        target: str | None,
        parser: Parser,
        tag: str = "blocktranslate",
    ) -> None:
        self.tag = tag
        self.values, self.counter, self.context, self.target = values, counter, context, target
        self.singular, names = message_of(singular, trimmed)
        self.plural, more = message_of(plural, trimmed)
        self.names = {name: parser.compile_filter(name) for name in dict.fromkeys((*names, *more))}
        self.uses_context = target is not None

    def compile(self, generator: "Generator") -> None:
        local: dict[str, Any] = {}
        for name, value in self.values.items():
            local[name] = generator.temporary()
            generator.line(f"{local[name]} = {value.code(generator)}")
        show = "show" if generator.autoescape else "raw"
        with generator.local(local):
            shown = ", ".join(f"{name!r}: {show}({value.code(generator)})" for name, value in self.names.items())
        context = self.context.code(generator) if self.context is not None else "None"
        count = local[self.counter] if self.counter is not None else "None"
        code = f"{generator.constant(fill)}({self.singular!r}, {self.plural!r}, {context}, {count}, {{{shown}}}, "
        code += f"{self.counter!r}, {self.tag!r})"
        if self.target is not None:
            generator.line(f"c[{self.target!r}] = Markup({code})")
        else:
            generator.put(code)


def message_of(tokens: list[Token], trimmed: bool) -> tuple[str, list[str]]:
    """Return the message that stands in catalogues, with ``%(name)s`` for variables, and the names."""
    parts: list[str] = []
    names: list[str] = []
    for token in tokens:
        if token.kind == "variable":
            if not token.contents.replace(".", "").isidentifier():
                raise TemplateSyntaxError(
                    f"'blocktranslate' got {{{{ {token.contents[:80]} }}}}: expected a plain variable; "
                    f"bind others by 'with name=...'"
                )
            parts.append(f"%({token.contents})s")
            names.append(token.contents)
        else:
            parts.append(token.contents.replace("%", "%%"))
    text = "".join(parts)
    if trimmed:
        lines = [line.strip() for line in text.split("\n")]
        text = " ".join(line for line in lines if line)
    return text, names


def fill(
    singular: str, plural: str, context: str | None, count: Any, values: Mapping[str, str], counter: str, tag: str
) -> str:
    """Translate a message and put the values in; if the translation does not fit them, the original is taken."""
    if count is not None and (not isinstance(count, int | float) or isinstance(count, bool)):
        raise TemplateSyntaxError(f"{counter!r} argument to {tag!r} tag must be a number. It is {type(count).__name__}")
    translator = current_translator()
    original = singular if count is None or count == 1 else plural
    if count is None:
        found = gettext(singular) if context is None else pgettext(context, singular)
    elif translator is None:
        found = original
    elif context is not None and isinstance(translator, MessageTranslator):
        found = translator.npgettext(context, singular, plural, int(count))
    else:
        found = translator.ngettext(singular, plural, int(count))
    try:
        return found % values
    except (KeyError, ValueError, TypeError):
        return original % values


@register.tag("blocktranslate")
@register.tag("blocktrans")
def blocktranslate(parser: Parser, token: Token) -> Node:
    """``{% blocktranslate with name=user.name count n=total %}one{% plural %}many{% endblocktranslate %}``."""
    words = token.split_contents()
    tag = words[0]
    options = read_options(parser, words)
    singular = read_message(parser, ("plural", f"end{tag}"), tag, options["counter"] is not None)
    closing = parser.next_token()
    plural: list[Token] = []
    if closing.contents == "plural":
        if options["counter"] is None:
            raise TemplateSyntaxError(f"{tag!r} has {{% plural %}}, but no 'count name=value'")
        plural = read_message(parser, (f"end{tag}",), tag, counts=True)
        parser.delete_first_token()
    elif options["counter"] is not None:
        raise TemplateSyntaxError(f"{tag!r} counts: expected {{% plural %}} before {{% end{tag} %}}")
    return BlockTranslateNode(singular=singular, plural=plural, parser=parser, tag=tag, **options)


def read_options(parser: Parser, words: list[str]) -> dict[str, Any]:
    """Read what stands after ``blocktranslate``."""
    options: dict[str, Any] = {"values": {}, "counter": None, "context": None, "trimmed": False, "target": None}
    at = 1
    seen: set[str] = set()
    while at < len(words):
        option = words[at]
        at += 1
        _once(option, seen)
        if option == "trimmed":
            options["trimmed"] = True
        elif option in {"asvar", "context"}:
            value = _argument(words[0], option, words[at] if at < len(words) else None)
            if option == "asvar":
                options["target"] = value
            else:
                options["context"] = parser.compile_filter(value)
            at += 1
        elif option in {"with", "count"}:
            pairs, at = read_pairs(parser, words, at)
            if not pairs or (option == "count" and len(pairs) != 1):
                wanted = "expected exactly" if option == "count" else "needs at least"
                raise TemplateSyntaxError(
                    f'"{option}" in {words[0]!r} tag {wanted} one keyword argument. Write it as name=value'
                )
            options["values"].update(pairs)
            if option == "count":
                (options["counter"],) = pairs
        else:
            raise TemplateSyntaxError(
                f"Unknown argument for {words[0]!r} tag: {option[:80]!r}. Expected with, count, context, trimmed or asvar"
            )
    return options


def read_pairs(parser: Parser, words: list[str], at: int) -> tuple[dict[str, FilterExpression], int]:
    """Read ``name=value`` or ``value as name and ...`` from ``at`` on."""
    pairs: dict[str, FilterExpression] = {}
    while at < len(words):
        name, equals, value = words[at].partition("=")
        if equals and name.isidentifier() and value:
            pairs[name] = parser.compile_filter(value)
            at += 1
        elif words[at + 1 : at + 2] == ["as"] and at + 2 < len(words):
            pairs[words[at + 2]] = parser.compile_filter(words[at])
            at += 3
            if words[at : at + 1] == ["and"]:
                at += 1
        else:
            break
    return pairs, at


def read_message(parser: Parser, until: tuple[str, ...], tag: str, counts: bool) -> list[Token]:
    """Take tokens up to a tag in ``until``, which stays the next."""
    tokens: list[Token] = []
    while parser.tokens:
        token = parser.next_token()
        if token.kind == "block":
            if token.contents in until:
                parser.prepend_token(token)
                return tokens
            seen = "" if counts else f" (seen {token.contents[:80]!r})"
            raise TemplateSyntaxError(
                f"{tag!r} doesn't allow other block tags{seen} inside it. Expected text, variables or {{% {until[0]} %}}"
            )
        if token.kind != "comment":
            tokens.append(token)
    raise TemplateSyntaxError(f"{tag!r} is not closed: expected {{% {until[-1]} %}}")


class LanguageNode(Node):
    """``{% language %}``."""

    def __init__(self, language: FilterExpression, nodelist: NodeList) -> None:
        self.language, self.nodelist = language, nodelist

    def compile(self, generator: "Generator") -> None:
        # Captured first: a generator that yields inside would leave its language in force for whoever takes the text.
        generator.flush()
        with (
            generator.captured() as output,
            generator.indented(f"with {generator.constant(override)}(str({self.language.code(generator)})):"),
        ):
            generator.nodes(self.nodelist)
        generator.put(f"''.join({output})")


@register.tag
def language(parser: Parser, token: Token) -> Node:
    """``{% language "de" %} ... {% endlanguage %}``."""
    words = token.split_contents()
    if len(words) != 2:
        raise TemplateSyntaxError("'language' takes one argument (language), such as 'de'")
    nodelist = parser.parse(("endlanguage",))
    parser.delete_first_token()
    return LanguageNode(parser.compile_filter(words[1]), nodelist)


def current_language() -> str:
    """Return the tag in force; English if nothing is translated."""
    return get_language() or "en"


def available_languages() -> list[tuple[str, str]]:
    """Return tags with their names in the language in force."""
    translations = current_translations()
    tags = translations.languages if translations is not None else (current_language(),)
    names = translations.names if translations is not None else {}
    return [
        (tag, gettext(names[tag]) if tag in names else language_info(tag, current_language()).name_translated)
        for tag in tags
    ]


def info(tag: Any) -> LanguageInfo:
    """Return names and direction of a language."""
    return language_info(str(tag), current_language())


class StoreNode(Node):
    """Stores what a function returns under a name."""

    def __init__(self, function: Any, target: str, value: FilterExpression | None = None) -> None:
        self.function, self.target, self.value = function, target, value

    def compile(self, generator: "Generator") -> None:
        value = self.value.code(generator) if self.value is not None else ""
        generator.line(f"c[{self.target!r}] = {generator.constant(self.function)}({value})")


def _store(name: str, function: Any) -> None:
    def compile_tag(parser: Parser, token: Token) -> Node:
        words = token.split_contents()
        if len(words) != 3 or words[1] != "as":
            raise TemplateSyntaxError(f"{name!r} requires 'as variable' (got {words!r})")
        return StoreNode(function, words[2])

    register.tag(name, compile_tag)


_store("get_current_language", current_language)
_store("get_available_languages", available_languages)
_store("get_current_language_bidi", get_language_bidi)


@register.tag
def get_language_info(parser: Parser, token: Token) -> Node:
    """``{% get_language_info for "de" as lang %}``."""
    words = token.split_contents()
    if len(words) != 5 or words[1] != "for" or words[3] != "as":
        raise TemplateSyntaxError("'get_language_info' should be {% get_language_info for tag as name %}")
    return StoreNode(info, words[4], parser.compile_filter(words[2]))


@register.tag
def get_language_info_list(parser: Parser, token: Token) -> Node:
    """``{% get_language_info_list for tags as langs %}``."""
    words = token.split_contents()
    if len(words) != 5 or words[1] != "for" or words[3] != "as":
        raise TemplateSyntaxError("'get_language_info_list' should be {% get_language_info_list for tags as name %}")
    return StoreNode(
        lambda tags: [info(tag if isinstance(tag, str) else tag[0]) for tag in tags],
        words[4],
        parser.compile_filter(words[2]),
    )


@register.filter
def language_name(tag: Any) -> str:
    """Return the English name of a language."""
    return info(tag).name


@register.filter
def language_name_local(tag: Any) -> str:
    """Return the name of a language in itself."""
    return info(tag).name_local


@register.filter
def language_name_translated(tag: Any) -> str:
    """Return the name of a language in the one in force."""
    return info(tag).name_translated


@register.filter
def language_bidi(tag: Any) -> bool:
    """Tell whether a language is written from right to left."""
    return info(tag).bidi


@register.simple_tag(takes_context=True)
def alternate_links(context: Context, default: str | None = None) -> Markup:
    """``{% alternate_links %}``: the canonical address of the page, and those in other languages, for its head.

    The template needs ``request``; languages stand at the beginning of paths. ``{% alternate_links "en" %}`` names the page for
    visitors of any other language, too.
    """
    request: Any = context["request"]
    translations = current_translations()
    languages = () if translations is None else translations.languages
    return links_of(f"{request.scheme}://{request.host}{request.path}", languages, default)
