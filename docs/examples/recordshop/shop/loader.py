"""Loading the shop's data from the CSV files, with the numbers they have there."""

import csv
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from uuid import UUID, uuid5

from partita.orm import Model, atomic
from shop.models import (
    Album,
    Artist,
    Customer,
    Employee,
    Genre,
    Invoice,
    InvoiceLine,
    MediaType,
    Playlist,
    Track,
)

__all__ = ("count_rows", "load")

_INVOICES = UUID("6c1d4b0e-53cb-4b2a-8d41-0f6f2d0a7c55")  # old invoices get a reference made from their number
_BATCH = 500

Row = dict[str, str]


def count_rows(folder: Path) -> int:
    """Return how many rows `load` will write."""
    return sum(sum(1 for _ in _rows(folder, name)) for name in [*_TABLES, "playlist_track"])


def load(folder: Path, advance: Callable[[str, int], None]) -> None:
    """Write all rows in one transaction.

    Args:
        folder: Where the CSV files are.
        advance: Called with the name of a table and how many rows of it were just written.
    """
    with atomic():
        for name, (model, convert) in _TABLES.items():
            for batch in _batches(_rows(folder, name)):
                model.objects.bulk_create([model(**convert(row)) for row in batch])
                advance(name, len(batch))
        through = Playlist.tracks.through
        for batch in _batches(_rows(folder, "playlist_track")):
            through.objects.bulk_create(
                [through(playlist_id=int(row["playlist"]), track_id=int(row["track"])) for row in batch]
            )
            advance("playlist_track", len(batch))


def _rows(folder: Path, name: str) -> Iterator[Row]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _batches(rows: Iterator[Row]) -> Iterator[list[Row]]:
    batch: list[Row] = []
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _named(row: Row) -> dict[str, object]:
    return {"id": int(row["id"]), "name": row["name"]}


def _album(row: Row) -> dict[str, object]:
    return {"id": int(row["id"]), "title": row["title"], "artist_id": int(row["artist"])}


def _track(row: Row) -> dict[str, object]:
    return {
        "id": int(row["id"]),
        "name": row["name"],
        "album_id": int(row["album"]),
        "genre_id": int(row["genre"]),
        "media_type_id": int(row["mediatype"]),
        "composer": row["composer"],
        "milliseconds": int(row["milliseconds"]),
        "bytes": int(row["bytes"]),
        "unit_price": Decimal(row["unit_price"]),
    }


def _person(row: Row) -> dict[str, object]:
    same = ("address", "city", "state", "country", "phone", "fax", "email")
    return {name: row[name] for name in same} | {
        "id": int(row["id"]),
        "first_name": row["firstname"],
        "last_name": row["lastname"],
        "postal_code": row["postalcode"],
    }


def _employee(row: Row) -> dict[str, object]:
    return _person(row) | {
        "title": row["title"],
        "reports_to_id": int(row["reports_to"]) if row["reports_to"] else None,
        "birth_date": datetime.fromisoformat(row["birthdate"]),
        "hire_date": datetime.fromisoformat(row["hiredate"]),
    }


def _customer(row: Row) -> dict[str, object]:
    representative = int(row["support_rep"]) if row["support_rep"] else None
    return _person(row) | {"company": row["company"], "support_rep_id": representative}


def _invoice(row: Row) -> dict[str, object]:
    return {
        "id": int(row["id"]),
        "reference": uuid5(_INVOICES, row["id"]),
        "customer_id": int(row["customer"]),
        "date": datetime.fromisoformat(row["invoicedate"]),
        "billing_address": row["billingaddress"],
        "billing_city": row["billingcity"],
        "billing_state": row["billingstate"],
        "billing_country": row["billingcountry"],
        "billing_postal_code": row["billingpostalcode"],
        "total": Decimal(row["total"]),
    }


def _line(row: Row) -> dict[str, object]:
    return {
        "id": int(row["id"]),
        "invoice_id": int(row["invoice"]),
        "track_id": int(row["track"]),
        "unit_price": Decimal(row["unit_price"]),
        "quantity": int(row["quantity"]),
    }


_TABLES: dict[str, tuple[type[Model], Callable[[Row], dict[str, object]]]] = {
    "artist": (Artist, _named),
    "album": (Album, _album),
    "genre": (Genre, _named),
    "media_type": (MediaType, _named),
    "track": (Track, _track),
    "playlist": (Playlist, _named),
    "employee": (Employee, _employee),
    "customer": (Customer, _customer),
    "invoice": (Invoice, _invoice),
    "invoice_line": (InvoiceLine, _line),
}
