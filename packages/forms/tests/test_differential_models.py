"""Choices among rows, and images, beside Django's fields: the same value or the same code of the error.

Django runs in a process of its own, with a database of its own. `DIFFERENT` lists where partita decides otherwise on purpose.
"""

import io
import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from partita import forms, orm
from partita.forms import ValidationError
from partita.forms.models import ModelChoiceField, ModelMultipleChoiceField

pytest.importorskip("django")
Image: Any = pytest.importorskip("PIL.Image")

DJANGO = """
import json, sys
import django
from django.conf import settings
settings.configure(DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}, USE_TZ=True,
                   USE_I18N=False, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField")
django.setup()
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, models

class Genre(models.Model):
    code = models.CharField(max_length=10)
    class Meta:
        app_label = "music"

with connection.schema_editor() as editor:
    editor.create_model(Genre)
for code in ("rock", "jazz", "7"):
    Genre.objects.create(code=code)

def outcome(field, value):
    try:
        found = field.clean(value)
    except ValidationError as error:
        return ["error", sorted({str(one.code) for one in error.error_list})]
    except (TypeError, AttributeError, OverflowError) as error:
        return ["raised", type(error).__name__]
    if isinstance(found, models.QuerySet):
        return ["value", sorted(row.pk for row in found)]
    return ["value", getattr(found, "pk", None)]

rows = Genre.objects.all()
FIELDS = {
    "one": forms.ModelChoiceField(rows),
    "one, optional": forms.ModelChoiceField(rows, required=False),
    "one, limited": forms.ModelChoiceField(rows.exclude(pk=3)),
    "one, by code": forms.ModelChoiceField(rows, to_field_name="code"),
    "several": forms.ModelMultipleChoiceField(rows),
    "several, optional": forms.ModelMultipleChoiceField(rows, required=False),
    "several, limited": forms.ModelMultipleChoiceField(rows.exclude(pk=3), required=False),
    "several, by code": forms.ModelMultipleChoiceField(rows, to_field_name="code"),
}
sent = json.load(sys.stdin)
found = {name: [outcome(field, value) for value in sent["values"]] for name, field in FIELDS.items()}
found["image"] = []
for name, data in sent["images"]:
    try:
        cleaned = forms.ImageField().clean(SimpleUploadedFile(name, bytes.fromhex(data)))
        found["image"].append(["value", [cleaned.image.format, *cleaned.image.size]])
    except ValidationError as error:
        found["image"].append(["error", sorted({str(one.code) for one in error.error_list})])
json.dump(found, sys.stdout)
"""
music = orm.Registry()


class Genre(orm.Model):
    """Something to choose."""

    code = orm.CharField(max_length=10)

    class Meta:
        app_label = "music"
        registry = music


def values() -> list[Any]:
    """What a client may send, by hand and at random."""
    chance = random.Random(7)
    by_hand: list[Any] = [None, "", " ", "1", " 1", "1 ", "+1", "01", "1.0", "2", "3", "4", "0", "-1", "rock", "Rock", "jazz", "7", "a\x00b", "1\x00",
                          "9" * 19, "9" * 400, "x" * 500, "é", "١", "true", "None", "[1]", "1,2", [], [""], ["1"], ["1", "2"], ["1", "1"], ["3"], ["1", "4"],
                          ["rock", "7"], ["x"], [None], ["1", ""], ["\x00"], ["9" * 30], "1e0", "0x1"]  # fmt: skip
    alphabet = "0123456789rockjaz. -+\x00é"
    words = ["".join(chance.choices(alphabet, k=chance.randint(0, 4))) for _ in range(200)]
    return [
        *by_hand,
        *words,
        *[chance.choices([*words, "1", "2", "3", "rock"], k=chance.randint(0, 3)) for _ in range(150)],
    ]


class Upload:
    """A file that came with a form."""

    def __init__(self, name: str, content: bytes) -> None:
        self.name, self.size, self.file, self.content_type = name, len(content), io.BytesIO(content), "text/plain"


def picture(kind: str, size: tuple[int, int] = (3, 2)) -> bytes:
    data = io.BytesIO()
    Image.new("RGB", size, "red").save(data, kind)
    return data.getvalue()


def images() -> list[tuple[str, str]]:
    png, jpeg, gif = picture("PNG"), picture("JPEG"), picture("GIF")
    made = {"a.png": png, "a.jpg": jpeg, "a.gif": gif, "a.bmp": picture("BMP"), "a.webp": picture("WEBP")}
    found = [(name, data.hex()) for name, data in made.items()]
    found += [("wrong.jpg", png.hex()), ("noext", png.hex()), ("a.txt", png.hex()), ("a.PNG", png.hex())]
    found += [
        ("a.png", data.hex())
        for data in (b"", b"x", b"<svg/>", png[:8], png[:30], png[:-20], png + b"trailing", b"\x89PNG" + b"x" * 50)
    ]
    chance = random.Random(7)
    for data in (png, gif):
        for _ in range(25):
            broken = bytearray(data)
            broken[chance.randrange(len(broken))] ^= 1 << chance.randrange(8)
            found.append((f"a.{'png' if data is png else 'gif'}", bytes(broken).hex()))
    return found


@pytest.fixture(scope="module")
def django_says() -> dict[str, list[Any]]:
    """Django's outcomes for all of it."""
    sent = json.dumps({"values": values(), "images": images()})
    done = subprocess.run(
        [sys.executable, "-c", DJANGO], input=sent, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def fields() -> Iterator[dict[str, Any]]:
    with orm.connect("sqlite://:memory:") as database:
        database.create_all(Genre)
        for code in ("rock", "jazz", "7"):
            Genre.objects.create(code=code)
        rows = Genre.objects.all()
        yield {
            "one": ModelChoiceField(rows),
            "one, optional": ModelChoiceField(rows, required=False),
            "one, limited": ModelChoiceField(rows.exclude(pk=3)),
            "one, by code": ModelChoiceField(rows, to_field_name="code"),
            "several": ModelMultipleChoiceField(rows),
            "several, optional": ModelMultipleChoiceField(rows, required=False),
            "several, limited": ModelMultipleChoiceField(rows.exclude(pk=3), required=False),
            "several, by code": ModelMultipleChoiceField(rows, to_field_name="code"),
        }


def outcome(field: Any, value: Any) -> list[Any]:
    try:
        found = field.clean(value)
    except ValidationError as error:
        return ["error", sorted({str(one.code) for one in error.error_list})]
    if found is None or isinstance(found, Genre):
        return ["value", found and found.pk]
    return ["value", sorted(row.pk for row in found)]


DIFFERENT: dict[str, Callable[[str, Any], bool]] = {
    "The empty choice of a list is no choice.": lambda name, value: (
        isinstance(value, list) and ("" in value or None in value)
    ),
    "Of several wrong ones another is told first.": lambda name, value: (
        isinstance(value, list) and "\x00" in "".join(value)
    ),
    "A key may have space around it in a list, as it may by itself.": lambda name, value: (
        isinstance(value, list) and any(one != one.strip() for one in value)
    ),
}


def test_choices_among_rows_are_decided_as_django_decides(
    fields: dict[str, Any], django_says: dict[str, list[Any]]
) -> None:
    for name, field in fields.items():
        for value, other in zip(values(), django_says[name], strict=True):
            mine = outcome(field, value)
            if other[0] != "raised" and mine != other:
                assert any(applies(name, value) for applies in DIFFERENT.values()), (name, value, mine, other)


def test_images_are_decided_as_django_decides(django_says: dict[str, list[Any]]) -> None:
    field = forms.ImageField()
    for (name, data), other in zip(images(), django_says["image"], strict=True):
        content = bytes.fromhex(data)
        try:
            cleaned: Any = field.clean(Upload(name, content))
            mine = ["value", [cleaned.image.format, *cleaned.image.size]]
        except ValidationError as error:
            mine = ["error", sorted({str(one.code) for one in error.error_list})]
        assert mine == other, (name, content[:60])
