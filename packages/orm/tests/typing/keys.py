"""Keys and relations of several columns, and files, as type checkers see them."""

from typing import assert_type

from partita.orm import (
    CASCADE,
    CharField,
    CompositePrimaryKey,
    FieldFile,
    FileField,
    ForeignObject,
    ImageField,
    ImageFieldFile,
    IntegerField,
    Model,
    RelatedManager,
)


class Person(Model):
    """Told apart by two columns."""

    pk = CompositePrimaryKey("tenant", "number")
    tenant = IntegerField()
    number = IntegerField()
    remarks: "RelatedManager[Remark]"


class Remark(Model):
    """By a person, with files."""

    tenant = IntegerField()
    author_number = IntegerField()
    author = ForeignObject(Person, CASCADE, ("tenant", "author_number"), ("tenant", "number"), related_name="remarks")
    reader_number = IntegerField(null=True)
    reader = ForeignObject(
        Person, CASCADE, ("tenant", "reader_number"), ("tenant", "number"), related_name="+", null=True
    )
    text = FileField(upload_to="texts")
    cover = ImageField(upload_to="covers", width_field="width")
    width = IntegerField(null=True)
    title = CharField(max_length=20)


def use(remark: Remark, person: Person) -> None:
    """Use them."""
    assert_type(remark.author, Person)
    assert_type(remark.reader, Person | None)
    assert_type(remark.text, FieldFile)
    assert_type(remark.cover, ImageFieldFile)
    assert_type(remark.cover.width, int | None)
    assert_type(remark.text.name, str | None)
    remark.author = person
    remark.text.save("a.txt", object())
    for each in person.remarks.filter(author=person):
        assert_type(each, Remark)
    person.pk = (1, 2)
