"""Texts in one form, whichever way they come in and are looked for."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import F, IntegrityError, Model, Registry, atomic
from partita.orm.patterns.normalized import NormalizedCharField, NormalizedEmailField
from partita.validation import ValidationError


class Member(Model):
    """Is reached by an address."""

    email = NormalizedEmailField(unique=True)
    code = NormalizedCharField(normalize=[str.strip, str.upper], max_length=10, null=True)

    class Meta:
        registry = Registry()
        app_label = "club"


def test_what_is_stored_and_found(tables: Callable[..., None], run: Any) -> None:
    tables(Member)
    member = Member.objects.create(email=" A@X.org ", code=" ab ")
    assert (member.email, member.code) == ("a@x.org", "AB")
    rows = Member.objects
    assert rows.get(email="A@x.ORG ").code == "AB"
    assert rows.filter(email__in=["  A@X.ORG"]).exists()
    assert rows.filter(code__gte="ab").exists()
    with pytest.raises(IntegrityError), atomic():
        rows.create(email="a@X.org")
    with pytest.raises(ValidationError):
        Member(email="A@x.org  ").full_clean()
    with pytest.raises(ValidationError):
        Member(email="nonsense").full_clean()
    rows.update(code="  x ")
    assert rows.get().code == "X"
    rows.update(code=F("email"))
    assert rows.get().code == "a@x.org"
    rows.bulk_create([Member(email=" B@X.org")])
    assert rows.get(email="b@x.org").code is None

    async def awaited() -> None:
        await Member.objects.acreate(email="C@x.org ")
        assert await Member.objects.filter(email="C@X.ORG").aexists()

    run(awaited())


def test_fields_are_made_again_from_their_parts() -> None:
    for field in (*Member._meta.fields[1:], NormalizedCharField(normalize=str.title)):
        _, path, args, kwargs = field.deconstruct()
        assert path == f"partita.orm.patterns.normalized.{type(field).__name__}"
        assert type(field)(*args, **kwargs).deconstruct()[1:] == field.deconstruct()[1:]
