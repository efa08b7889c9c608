"""Many rows at once: statements are split where a database takes no more parameters, without being asked to."""

from types import SimpleNamespace

from partita.orm import Database

ROWS = 17_000
_MOST = 65_535  # parameters that PostgreSQL takes in one statement


def test_rows_are_split_into_statements_that_the_database_takes(database: Database, models: SimpleNamespace) -> None:
    columns = len(models.Artist._meta.fields) - 1
    assert ROWS * columns > _MOST
    with database.query_log() as log:
        made = models.Artist.objects.bulk_create(models.Artist(name=f"artist {n:05}") for n in range(ROWS))
    inserts = [query for query in log if query.sql.startswith("INSERT")]
    assert len(inserts) > 1
    assert all(len(query.params) <= _MOST for query in inserts)
    assert models.Artist.objects.count() == ROWS
    if database.vendor != "mysql":
        assert len({artist.pk for artist in made}) == ROWS
    found = list(models.Artist.objects.order_by("name"))
    assert [artist.name for artist in found] == [f"artist {n:05}" for n in range(ROWS)]
    for artist in found:
        artist.email = f"{artist.pk}@example.com"
    with database.query_log() as log:
        assert models.Artist.objects.bulk_update(found, ["email"]) == ROWS
    updates = [query for query in log if query.sql.startswith("UPDATE")]
    assert len(updates) > 1
    assert all(len(query.params) <= _MOST for query in updates)
    last = found[-1]
    assert models.Artist.objects.get(email=f"{last.pk}@example.com") == last
    assert len(models.Artist.objects.in_bulk([artist.pk for artist in found])) == ROWS
    assert models.Artist.objects.filter(pk__in=[artist.pk for artist in found]).delete()[0] == ROWS
