"""What loads all columns of a model and nothing related: worked out once, because most shapes of queries end in it."""

from collections.abc import Hashable, Sequence
from typing import Any

from partita.orm.loaders import Cell, Loader, Node, instance_loader
from partita.orm.moments import Vendor

__all__ = ("loader_of_rows",)

_MOST = 64  # lists of names of annotations that are kept for one model


def loader_of_rows(model: Any, vendor: str, extra: Sequence[Cell], width: int) -> Loader:
    """Return what makes instances out of rows that have the columns of ``model`` in the order of its fields.

    Args:
        model: The model.
        vendor: The database, as it keeps moments.
        extra: Annotations, which come after the fields.
        width: Columns in a row.
    """
    if model._has_own_from_db() or any(cell.convert is not None or cell.parts for cell in extra):
        return _made(model, vendor, extra, width)
    # The name alone does not tell two databases apart that keep moments differently.
    place: Hashable = (vendor.use_tz, vendor.zone) if isinstance(vendor, Vendor) else ()
    kept: dict[Any, Loader] = model._meta._loaders.setdefault(("rows", str(vendor), place), {})
    names = tuple([cell.name for cell in extra])
    loader = kept.get(names)
    if loader is None:
        if len(kept) >= _MOST:
            kept.clear()
        loader = kept[names] = _made(model, vendor, extra, width)
    return loader


def _made(model: Any, vendor: str, extra: Sequence[Cell], width: int) -> Loader:
    fields = model._meta.fields
    cells = [Cell(place, field.attname, field.from_driver(vendor)) for place, field in enumerate(fields)]
    key = fields.index(model._meta.pk_fields[0])
    return instance_loader(Node(model, cells, key, "", None, []), extra, width)
