"""A formatter for templates: one way to write tags, without a change to what they show.

``python -m partita.templates.formatting templates/`` rewrites files, ``--check`` only names those that it would change.
"""

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from partita.templates.tokens import Token, split_words, tokenize

__all__ = ("format_template", "main")

SUFFIXES = (".html", ".htm", ".txt", ".xml", ".djhtml")
_QUOTED = r"""(?:"[^"\\]*(?:\\.[^"\\]*)*"|'[^'\\]*(?:\\.[^'\\]*)*')"""
_PARTS = re.compile(rf"({_QUOTED})|\s*([|:])\s*")
_SPACES = re.compile(rf"({_QUOTED})|\s+")
_VERBATIM = ("verbatim", "comment")


def format_template(source: str) -> str:
    """Return ``source`` in the house style.

    Tags and variables have one space inside their braces, one between words, and none around ``|`` and ``:``; a closing tag
    names its block if the opening one is more than ten lines above; the file ends with one line break. White space of
    the text itself stays, for it is shown. What cannot be read as a tag stays as it is.
    """
    pieces: list[str] = []
    opened: list[tuple[str, int]] = []
    ending = ""
    for token in tokenize(source):
        if ending:
            closes = token.kind == "block" and token.contents == ending
            pieces.append(f"{{% {ending} %}}" if closes else token.source)
            ending = "" if closes else ending
        elif token.kind == "variable":
            pieces.append(f"{{{{ {_expression(token.contents)} }}}}" if token.contents else token.source)
        elif token.kind == "comment":
            pieces.append(f"{{# {token.contents} #}}" if token.contents else token.source)
        elif token.kind == "block" and token.contents:
            words = token.contents.split()
            if words[0] in _VERBATIM:
                ending = f"end{token.contents}" if words[0] == "verbatim" else "endcomment"
                pieces.append(f"{{% {token.contents} %}}")
            else:
                pieces.append(f"{{% {_tag(token, opened)} %}}")
        else:
            pieces.append(token.source)
    text = "".join(pieces)
    return f"{text.rstrip(chr(10))}\n" if text.endswith("\n") else text


def _tag(token: Token, opened: list[tuple[str, int]]) -> str:
    words = split_words(token.contents)
    if words[0] == "block" and len(words) == 2:
        opened.append((words[1], token.lineno))
    elif words[0] == "endblock" and opened:
        name, line = opened.pop()
        if len(words) == 1 and token.lineno - line > 10:
            words.append(name)
    if words[0] == "props":
        return " ".join(words)
    return " ".join(_expression(word) if _is_expression(word) else word for word in _joined(token.contents, words))


def _joined(contents: str, words: list[str]) -> list[str]:
    # A filter with spaces around its bar is several words; only what stands without them is touched in a tag.
    return words if "|" not in words else [contents]


def _is_expression(word: str) -> bool:
    return "|" in word and not any(mark.isspace() for mark in _PARTS.sub("", word))


def _expression(text: str) -> str:
    """Take the spaces around bars and colons away, but not those inside of quotes."""
    text = _PARTS.sub(lambda found: found[1] or found[2], text)
    return _SPACES.sub(lambda found: found[1] or " ", text).strip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Format files, or check them; 1 if ``--check`` finds one that would change.

    Args:
        arguments: Of the command line.
    """
    parser = argparse.ArgumentParser(description="Formats templates without changing what they show.")
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--check", action="store_true", help="change nothing; tell which files would change")
    options = parser.parse_args(arguments)
    missing = [str(path) for path in options.paths if not path.exists()]
    if missing:
        parser.error(f"there is no {', '.join(missing)}")
    changed = 0
    for path in _files(options.paths):
        # Line ends are the file's own business.
        before = path.read_bytes().decode("utf-8")
        after = format_template(before)
        if after != before:
            changed += 1
            sys.stdout.write(f"{'would format' if options.check else 'formatted'} {path}\n")
            if not options.check:
                path.write_bytes(after.encode("utf-8"))
    return int(bool(changed) and options.check)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix in SUFFIXES and each.is_file())
        else:
            yield path


if __name__ == "__main__":
    raise SystemExit(main())
