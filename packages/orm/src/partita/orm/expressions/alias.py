"""Names that users give to columns: the one gate that they pass before they stand in SQL."""

import re

from partita.orm.errors import FieldError

__all__ = ("checked_alias",)

_ALIAS = re.compile(
    r"[^\W\d]\w*"
)  # letters, digits and single underscores in any script: nothing that quotes or ends anything
_LETTERS = frozenset({"Lu", "Ll", "Lt", "Lo", "Mn", "Mc", "Nd"})


def checked_alias(name: str) -> str:
    """Return ``name`` if it may be an alias; the one gate that every alias passes.

    Raises:
        FieldError: If it holds anything but letters, digits and single underscores.
    """
    good = isinstance(name, str) and len(name) <= 63 and _ALIAS.fullmatch(name) and "__" not in name.strip("_")
    # Modifier letters look like quotes, and some character sets turn them into such.
    if not good or not (name.isascii() or _is_of_letters(name)):
        raise FieldError(
            "Column aliases cannot contain whitespace characters, hashes, control characters, quotation marks, semicolons, "
            f"or SQL comments. {name!r:.80} cannot be an alias: use letters, digits and single underscores, at most 63 characters."
        )
    return name


def _is_of_letters(name: str) -> bool:
    from unicodedata import category  # few names have such characters

    return all(char.isascii() or category(char) in _LETTERS for char in name)
