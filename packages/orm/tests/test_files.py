"""Fields for files, on every database, over real storages."""

import copy
import datetime as dt
import pickle
from collections.abc import Callable, Coroutine
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from partita.contracts.current import CURRENT
from partita.contracts.storage import STORAGES
from partita.contracts.testing.app import SimpleRegistrar
from partita.orm import (
    CharField,
    Database,
    FieldError,
    FieldFile,
    FileField,
    ImageField,
    IntegerField,
    Model,
    Registry,
    Value,
)
from partita.storage import ContentFile, FileSystemStorage, InMemoryStorage, Storages

archive = Registry()
memory = InMemoryStorage()


def by_owner(instance: Any, filename: str) -> str:
    return f"{instance.owner}/{filename}"


class Document(Model):
    """A file and an image."""

    owner = CharField(max_length=20, default="nobody")
    text = FileField(upload_to="texts/%Y", storage=memory, blank=True)
    own = FileField(upload_to=by_owner, storage=lambda: memory, blank=True, null=True, max_length=40)
    default = FileField(blank=True)
    cover = ImageField(storage=memory, upload_to="covers", width_field="width", height_field="height", blank=True)
    width = IntegerField(null=True, editable=False)
    height = IntegerField(null=True, editable=False)

    class Meta:
        registry = archive
        app_label = "archive"


@pytest.fixture(autouse=True)
def _tables(tables: Callable[..., None]) -> None:
    tables(Document)
    memory._nodes.clear()


def png(width: int, height: int, name: str | None = "cover.png") -> ContentFile:
    buffer = BytesIO()
    Image.new("RGB", (width, height)).save(buffer, "PNG")
    return ContentFile(buffer.getvalue(), name)


YEAR = dt.datetime.now().astimezone().year


def test_what_is_assigned_is_kept_when_the_row_is_saved() -> None:
    document = Document(text=ContentFile(b"hello", "a b.txt"))
    assert document.text.name == "a b.txt"
    assert memory.listdir("") == ([], [])
    document.save()
    assert document.text.name == f"texts/{YEAR}/a_b.txt"
    again = Document.objects.get()
    assert isinstance(again.text, FieldFile)
    assert again.text == document.text == f"texts/{YEAR}/a_b.txt"
    with again.text.open() as file:
        assert file.read() == b"hello"
    assert again.text.size == 5
    assert again.text.url == f"/media/texts/{YEAR}/a_b.txt"
    again.save()
    assert memory.listdir(f"texts/{YEAR}") == ([], ["a_b.txt"]), "saving again copies nothing"


def test_a_row_is_saved_with_its_file_or_without() -> None:
    document = Document.objects.create(owner="ada")
    assert not document.own
    document.own.save("one.txt", ContentFile(b"1"), save=False)
    assert not Document.objects.get().own
    document.own.save("one.txt", ContentFile(b"2"))
    kept = Document.objects.get().own
    assert kept.name is not None
    assert kept.name.startswith("ada/one_")
    assert b"".join(kept.chunks()) == b"2"
    kept.instance.own.delete()
    assert not Document.objects.get().own
    assert memory.listdir("ada") == ([], ["one.txt"])
    kept.delete()  # there is nothing any more


def test_a_row_without_a_file_says_so() -> None:
    document = Document.objects.create()
    for read in ("path", "url", "size", "file"):
        with pytest.raises(ValueError, match="The 'text' attribute has no file associated with it"):
            getattr(document.text, read)
    assert document.text.closed
    assert repr(document.text) == "<FieldFile: None>"


def test_a_name_that_leads_elsewhere_is_refused() -> None:
    for name in ("../../up.txt", "/etc/passwd", "nul\0.txt"):
        with pytest.raises(ValueError, match=r"traversal|absolute|control"):
            Document(owner="..", own=ContentFile(b"x", name)).save()
    with pytest.raises(FieldError, match="must have the name attribute"):
        Document(text=ContentFile(b"x")).save()
    assert memory.listdir("") == ([], [])


def test_a_long_name_is_cut_to_the_column() -> None:
    document = Document.objects.create(owner="ada", own=ContentFile(b"x", f"{'n' * 100}.txt"))
    document.refresh_from_db()
    assert document.own.name is not None
    assert len(document.own.name) == 40
    assert document.own.name.endswith(".txt")


def test_without_a_storage_that_of_the_application_counts(tmp_path: Path) -> None:
    with pytest.raises(LookupError, match=r"has no storage\. Give it one, as in storage=FileSystemStorage"):
        Document(default=ContentFile(b"x", "a.txt")).save()
    token = CURRENT.set(None)
    app = SimpleRegistrar()
    app.provide(STORAGES, lambda: Storages({"default": FileSystemStorage(tmp_path)}))
    field: Any = Document._meta.get_field("default")
    CURRENT.set(app)
    try:
        assert field.storage is app.require(STORAGES)["default"]
        file = FieldFile(Document(), field, "a.txt")
        file.storage.save("a.txt", ContentFile(b"x"))
        assert (file.path, file.read()) == (str(tmp_path / "a.txt"), b"x")
        file.close()
    finally:
        CURRENT.reset(token)


def test_an_image_fills_the_columns_for_its_size() -> None:
    document = Document(cover=png(30, 20))
    assert (document.width, document.height) == (30, 20)
    document.save()
    again = Document.objects.get()
    assert (again.width, again.height, again.cover.width, again.cover.height) == (30, 20, 30, 20)
    again.cover = png(8, 9)
    assert (again.width, again.height) == (8, 9)
    again.save()
    again.cover.save("third.png", png(5, 6))
    assert Document.objects.values_list("width", "height", "cover").get() == (5, 6, "covers/third.png")
    again.cover.delete()
    assert Document.objects.values_list("width", "height").get() == (None, None)
    assert Document(cover=ContentFile(b"no image", "a.png")).width is None


def test_files_are_awaited(run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
    async def steps() -> None:
        document = await Document.objects.acreate(text=ContentFile(b"hello", "a.txt"), cover=png(3, 4))
        again = await Document.objects.aget()
        assert await again.text.aread() == b"hello"
        assert b"".join([chunk async for chunk in again.text.achunks()]) == b"hello"
        await again.text.asave("b.txt", ContentFile(b"more"))
        assert (await Document.objects.aget()).text == f"texts/{YEAR}/b.txt"
        await again.text.adelete()
        assert not (await Document.objects.aget()).text
        assert (await Document.objects.aget()).cover.width == 3
        assert (await (await document.cover.aopen()).aread(4)) == b"\x89PNG"

    run(steps())


def test_in_sync_code_beneath_the_bridge_the_storage_awaits(
    run: Callable[[Coroutine[Any, Any, None]], None], database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    if database.vendor == "sqlite":
        return  # a whole operation runs in a thread there, where blocking is right
    saved: list[str] = []

    async def asave(name: str, content: Any, max_length: int | None = None) -> str:
        saved.append(name)
        return name

    monkeypatch.setattr(memory, "asave", asave, raising=False)

    async def steps() -> None:
        await Document.objects.acreate(text=ContentFile(b"x", "a.txt"))

    run(steps())
    assert saved == [f"texts/{YEAR}/a.txt"]


def test_files_are_found_updated_and_computed_by_name() -> None:
    Document.objects.create(text="texts/a.txt")
    assert Document.objects.filter(text="texts/a.txt", text__endswith=".txt").count() == 1
    Document.objects.update(text="texts/b.txt")
    assert Document.objects.values("text").get() == {"text": "texts/b.txt"}
    document = Document.objects.get()
    document.text = Value("texts/c.txt")  # computed by the database
    document.save()
    assert Document.objects.get().text == "texts/c.txt"
    rows = Document.objects.bulk_create([Document(text=ContentFile(b"1", "d.txt")), Document(text="e.txt")])
    assert memory.exists(f"texts/{YEAR}/d.txt")
    assert [row.text.name for row in rows] == [f"texts/{YEAR}/d.txt", "e.txt"]
    deferred = Document.objects.defer("text").first()
    assert deferred is not None
    assert deferred.text == "texts/c.txt"


def test_rows_with_files_are_copied_and_pickled() -> None:
    document = Document.objects.create(text=ContentFile(b"x", "a.txt"))
    document.text.open()
    for twin in (copy.copy(document), copy.deepcopy(document), pickle.loads(pickle.dumps(document))):
        assert twin.text == document.text
        assert twin.text.instance is twin
        assert twin.text.read() == b"x"
    file: FieldFile = pickle.loads(pickle.dumps(document.text))
    assert (file, file.instance, file.read()) == (document.text, document, b"x")


def test_a_row_is_validated_with_its_file() -> None:
    class Needed(Model):
        file = FileField(storage=memory)

        class Meta:
            registry = Registry()
            app_label = "archive"

    Needed(file=ContentFile(b"x", "a.txt")).clean_fields()
    with pytest.raises(Exception, match="This field cannot be blank"):
        Needed().clean_fields()
    document = Document()
    field: Any = Document._meta.get_field("text")
    field.save_form_data(document, ContentFile(b"x", "a.txt"))
    assert document.text
    field.save_form_data(document, None)
    assert document.text
    field.save_form_data(document, False)
    assert not document.text
    assert field.value_to_string(Document(text="a.txt")) == "a.txt"


def test_fields_for_files_are_described_for_migrations() -> None:
    def described(name: str) -> Any:
        return Document._meta.get_field(name).deconstruct()[1:]

    assert described("text") == (
        "partita.orm.FileField",
        [],
        {"blank": True, "upload_to": "texts/%Y", "storage": memory},
    )
    assert described("own")[2]["max_length"] == 40
    assert described("default") == ("partita.orm.FileField", [], {"blank": True})
    assert described("cover")[2]["width_field"] == "width"
    assert Document._meta.get_field("cover").clone().deconstruct()[3] == described("cover")[2]


def test_what_a_field_for_files_cannot_be_is_said() -> None:
    with pytest.raises(TypeError, match="must be a storage, not 3"):
        _ = FileField(storage=lambda: 3).storage  # type: ignore[arg-type,return-value]  # the mistake
