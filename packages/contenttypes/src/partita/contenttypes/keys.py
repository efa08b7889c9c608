"""Keys of rows as ``object_id`` keeps them: one that is made of several columns is JSON there, a list of texts."""

import json
from typing import Any

from partita.orm import Model

__all__ = ("kept_key", "kept_key_of", "read_key")


def kept_key_of(row: Model) -> Any:
    """Return the key of ``row`` as it is kept; None if it has none yet."""
    return kept_key(row.pk)


def kept_key(key: Any) -> Any:
    """Return a key as it is kept: a tuple as text, such as ``["7","2024-05-01"]``, all else as it is."""
    if type(key) is not tuple:
        return key
    if any(part is None for part in key):
        return None
    parts = [part.isoformat() if hasattr(part, "isoformat") else str(part) for part in key]
    return json.dumps(parts, ensure_ascii=False, separators=(",", ":"))  # as databases write it, see `steps`


def read_key(model: type[Model], kept: Any) -> Any:
    """Return a key that was kept as rows of ``model`` have it.

    Raises:
        ValidationError: If no row can have it.
        ValueError: The same.
        TypeError: The same.
    """
    pk: Any = model._meta.pk
    if not pk.is_tuple or kept is None:
        return pk.to_python(kept)
    parts = json.loads(kept)
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError(f"{kept!r:.80} is no key of several columns.")
    return pk.to_python(parts)  # which wants as many parts as there are columns
