"""What somebody may have meant whose name leads to no route; looked for only once the error is read."""

from collections.abc import Iterable

__all__ = ("near", "proposal")

_SHOWN = 3
_FEW = 10  # names that are all shown if none is near


def near(word: str, words: Iterable[str]) -> list[str]:
    """Return those of ``words`` that look like ``word``, the nearest first."""
    from difflib import get_close_matches  # for errors only, and slow to import

    return get_close_matches(word, dict.fromkeys(words), _SHOWN)


def proposal(name: str, names: Iterable[str]) -> str:
    """Return the end of a sentence: names that may have been meant, else all if they are few, else who lists them.

    Args:
        name: As it was given, with namespaces or without.
        names: All there are, behind their namespaces.
    """
    from difflib import get_close_matches

    known = list(dict.fromkeys(names))
    last = name.rpartition(":")[2]
    # A namespace that was forgotten or misspelt is the commonest mistake, so the same name elsewhere comes first.
    same = [each for each in known if each.rpartition(":")[2] == last]
    found = get_close_matches(name, same, _SHOWN, 0) if same else near(name.replace(".", ":"), known)
    if found:
        return f"; did you mean {' or '.join(map(repr, found))}?"
    if len(known) > _FEW:
        return "; `partita routes` lists the names"
    return f"; there are {', '.join(map(repr, known))}" if known else "; no route has a name"
