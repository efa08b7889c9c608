"""What templates reach from a row: related managers, choices, and nothing that changes data."""

from types import SimpleNamespace

import pytest

from partita.orm import IntegerChoices
from partita.templates import Engine


class Size(IntegerChoices):
    SMALL = 7, "Seven inches"
    LARGE = 12, "Twelve inches"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ miles.albums.count }}", "2"),
        ("{% for album in bowie.albums.all %}{{ album.title }}{% endfor %}", "Low"),
        ("{% for genre in blue.genres.all|dictsort:'name' %}{{ genre.name }} {% endfor %}", "Jazz Modal "),
        ("{% for album in modal.albums.all %}{{ album.title }}{% endfor %}", "Kind of Blue"),
        ("{{ bowie.albums.first.artist.name }}", "David Bowie"),
        ("{{ miles.albums.clear }}{{ blue.genres.clear }}{{ miles.albums.count }} {{ blue.genres.count }}", "2 2"),
        (
            "{% for value, label in size.choices %}{{ value }} {{ label }};{% endfor %}",
            "7 Seven inches;12 Twelve inches;",
        ),
        ("{{ size.LARGE.label }}, {{ size.labels|join:'/' }}", "Twelve inches, Seven inches/Twelve inches"),
    ],
)
def test_a_template_reaches_related_rows_and_choices(source: str, expected: str, music: SimpleNamespace) -> None:
    assert Engine().from_string(source).render({**vars(music), "size": Size}) == expected
