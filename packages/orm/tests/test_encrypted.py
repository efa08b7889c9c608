"""What the database holds of encrypted fields, what can be looked for, and how keys are changed."""

import argparse
import copy
import pickle
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from partita.config import Secret
from partita.contracts.current import CURRENT
from partita.contracts.key import Key
from partita.orm import (
    Case,
    Cast,
    CharField,
    Concat,
    Database,
    Databases,
    F,
    FieldError,
    IntegrityError,
    Model,
    ModelError,
    Registry,
    Subquery,
    Value,
    When,
    atomic,
)
from partita.orm.databases import DATABASES
from partita.orm.patterns.encrypted import (
    FIELD_KEYS,
    EncryptedField,
    Reencrypted,
    SecretField,
    Unreadable,
    areencrypt,
    reencrypt,
)
from partita.orm.patterns.reencrypting import Reencrypt
from partita.signing import SIGNING_KEYS, UnusableKeys
from partita.validation import EmailValidator, ValidationError

own = Registry()


class Application:
    """What the current application provides; the keys can be changed."""

    def __init__(self) -> None:
        self.provided: dict[Key[Any], Any] = {FIELD_KEYS: ("first key",)}

    def find(self, key: Any) -> Any:
        """Return what is provided."""
        return self.provided.get(key)

    def require(self, key: Any) -> Any:
        """Return what is provided."""
        return self.provided[key]

    def all(self, point: Any) -> tuple[Any, ...]:
        """Nothing."""
        return ()


def given_keys() -> tuple[str, ...]:
    """Return keys of one field alone."""
    return ("its own key",)


class Customer(Model):
    """Has what nobody else shall read."""

    email = EncryptedField(deterministic=True, unique=True, max_length=100, validators=[EmailValidator()])
    note = EncryptedField(null=True, blank=True)
    token = SecretField(null=True, blank=True)
    name = CharField(max_length=300, default="")

    class Meta:
        registry = own
        app_label = "bank"


class Moved(Model):
    """Has columns that were called otherwise, and one with keys of its own."""

    mail = EncryptedField(deterministic=True, bound_to="bank_customer.email")
    own = EncryptedField(keys=given_keys, default="")

    class Meta:
        registry = own
        app_label = "bank"


class Adopted(Model):
    """Had its texts in the clear."""

    email = EncryptedField(deterministic=True, max_length=100, accept_plain=True)
    note = EncryptedField(null=True, accept_plain=True)

    class Meta:
        registry = own
        app_label = "bank"


@pytest.fixture
def app() -> Iterator[Application]:
    """The current application."""
    made = Application()
    reset = CURRENT.set(made)
    yield made
    CURRENT.reset(reset)


def stored(database: Database, column: str = "email", table: str = "bank_customer") -> list[Any]:
    """Return what the database has in a column."""
    return [row[0] for row in database.fetch(f"SELECT {column} FROM {table} ORDER BY id", [])]


def test_the_database_holds_ciphertext_and_the_instance_the_text(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer)
    for name in ("one", "two"):
        Customer.objects.create(email=f"{name}@x.org", note="göttlich 🙂", token="t0ps3cret")
    for column in ("email", "note", "token"):
        values = stored(database, column)
        assert all(value.startswith("enc.") and "x.org" not in value and "t0ps" not in value for value in values)
        assert len(set(values)) == 2
    row = Customer.objects.get(email="one@x.org")
    assert (row.email, row.note, row.token) == ("one@x.org", "göttlich 🙂", Secret("t0ps3cret"))
    assert Customer.objects.order_by("pk").values_list("note", flat=True)[0] == "göttlich 🙂"
    assert Customer.objects.only("email").get(pk=row.pk).note == "göttlich 🙂"
    Customer.objects.create(email="three@x.org")
    assert stored(database, "note")[-1] is None


def test_a_deterministic_field_is_looked_for_by_value(
    app: Application, database: Database, tables: Callable[..., None], run: Any
) -> None:
    tables(Customer)
    one, two = (Customer.objects.create(email=email) for email in ("one@x.org", "two@x.org"))
    rows = Customer.objects.order_by("pk")
    assert rows.get(email="one@x.org") == one
    assert list(rows.filter(email__in=["two@x.org", "none@x.org", None])) == [two]
    assert list(rows.exclude(email="one@x.org")) == [two]
    assert not rows.filter(email__in=[]).exists()
    assert rows.filter(email__in=[f"{number}@x.org" for number in range(17_000)] + ["one@x.org"]).count() == 1
    assert rows.filter(email=F("email")).count() == 2
    assert list(rows.filter(email__in=rows.filter(pk=two.pk).values("email"))) == [two]
    assert not rows.filter(email__isnull=True).exists()
    assert not rows.filter(email=None).exists()
    assert rows.filter(note=None).count() == rows.filter(note__isnull=True).count() == 2
    assert Customer.objects.get_or_create(email="one@x.org") == (one, False)
    with pytest.raises(ValidationError, match="already exists"):
        Customer(email="one@x.org").full_clean()
    with pytest.raises(IntegrityError), atomic():
        Customer.objects.create(email="one@x.org")

    async def awaited() -> None:
        assert await Customer.objects.aget(email="two@x.org") == two
        three = await Customer.objects.acreate(email="three@x.org", note="n")
        assert (await Customer.objects.aget(pk=three.pk)).note == "n"

    run(awaited())


@pytest.mark.parametrize("name", ["email__contains", "email__lt", "email__iexact", "email__range", "note", "note__in"])
def test_what_ciphertexts_cannot_answer_is_refused(name: str) -> None:
    with pytest.raises(FieldError, match="is encrypted and cannot be looked for by"):
        Customer.objects.filter(**{name: ("a", "b")})
    with pytest.raises(FieldError):
        Customer.objects.filter(email__lower="a")


def test_columns_that_look_different_each_time_are_not_compared(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer)
    with pytest.raises(FieldError, match="with deterministic=True also exact and in"):
        Customer.objects.filter(note=F("note")).exists()


def test_other_ways_of_writing_encrypt_too(app: Application, database: Database, tables: Callable[..., None]) -> None:
    tables(Customer)
    Customer.objects.bulk_create([Customer(email="a@x.org", note="n"), Customer(email="b@x.org", token="t")])
    Customer.objects.update(note="changed", token=Secret("new"))
    assert len(set(stored(database, "note"))) == 1  # one statement, one value
    row = Customer.objects.get(email="b@x.org")
    assert (row.note, row.token) == ("changed", Secret("new"))
    row.note = "again"
    Customer.objects.bulk_update([row], ["note"])
    assert Customer.objects.get(pk=row.pk).note == "again"
    assert all(value.startswith("enc.") for column in ("note", "token", "email") for value in stored(database, column))


def test_what_the_database_computes_is_not_stored_in_the_clear(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer)
    row = Customer.objects.create(email="a@x.org", name="n")
    row.note = F("name")
    with pytest.raises(FieldError, match="assign a text"):
        row.save()
    others = Customer.objects.values("name")[:1]
    for computed in (
        F("name"),
        F("token"),
        Value("x"),
        Concat(F("note"), Value("x")),
        Case(When(name="n", then=F("name"))),
        Case(When(name="x", then=None), default=Value("x")),
        Cast(F("name"), CharField()),
        Subquery(others),
        others,
    ):
        with pytest.raises(FieldError, match=r"bank\.Customer\.note is encrypted, .* assign a text"):
            Customer.objects.update(note=computed)
        with pytest.raises(FieldError, match="assign a text"):
            Customer.objects.update_from(note=computed)
    with pytest.raises(FieldError, match="assign a text"):
        Customer.objects.bulk_update([row], ["note"])
    with pytest.raises(FieldError, match="assign a text"):
        Customer.objects.insert_from(Customer.objects.values("name", "email"), "note", "email")
    assert stored(database, "note") == [None]


def test_what_a_column_holds_already_may_be_chosen_again(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer)
    row = Customer.objects.create(email="a@x.org", note="mine", name="n")
    assert Customer.objects.update(note=F("note"), token=Value(None)) == 1
    assert Customer.objects.update(note=Case(When(name="n", then=F("note")))) == 1
    row.refresh_from_db()
    assert (row.note, row.token) == ("mine", None)
    assert Customer.objects.update(note=Value("new", Customer._meta.get_field("note"))) == 1
    row.refresh_from_db()
    assert row.note == "new"
    assert all(value.startswith("enc.") for value in stored(database, "note"))


def test_a_value_moved_to_another_column_or_changed_is_unreadable(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer)
    row = Customer.objects.create(email="a@x.org", note="mine", token="t")
    database.execute("UPDATE bank_customer SET note = token")
    with pytest.raises(Unreadable, match=r"bank\.Customer\.note cannot be decrypted: no key opens it") as caught:
        Customer.objects.get(pk=row.pk)
    shown = "".join(traceback.format_exception(caught.value))
    assert "first key" not in shown
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    database.execute("UPDATE bank_customer SET note = 'in the clear'")
    with pytest.raises(Unreadable, match="it is not encrypted"):
        Customer.objects.get(pk=row.pk)
    assert Customer.objects.filter(pk=row.pk).values_list("email", flat=True)[0] == "a@x.org"


def test_a_renamed_column_says_what_it_was_called(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer, Moved)
    Customer.objects.create(email="a@x.org")
    Moved.objects.create(mail="other@x.org", own="kept")
    [value] = stored(database)
    database.execute(f"UPDATE bank_moved SET mail = '{value}'")
    assert Moved.objects.get(mail="a@x.org").mail == "a@x.org"
    app.provided[FIELD_KEYS] = ("quite another",)
    assert Moved.objects.values_list("own", flat=True)[0] == "kept"  # by keys of its own
    with pytest.raises(Unreadable):
        Moved.objects.get()


def test_keys_are_changed_while_everything_stays_readable_and_findable(
    app: Application, database: Database, tables: Callable[..., None], run: Any
) -> None:
    tables(Customer)
    for number in range(5):
        Customer.objects.create(email=f"{number}@x.org", note=None if number else "n", token="t")
    before = stored(database)
    app.provided[FIELD_KEYS] = ("second key", "first key")
    assert Customer.objects.get(email="3@x.org").token == Secret("t")
    assert Customer.objects.filter(email__in=["0@x.org", "4@x.org"]).count() == 2
    with pytest.raises(ValidationError):
        Customer(email="3@x.org").full_clean()
    assert reencrypt(Customer, batch=2) == Reencrypted(changed=5)
    assert not set(before) & set(stored(database))
    after = stored(database), stored(database, "note"), stored(database, "token")
    assert run(areencrypt(Customer)) == Reencrypted(changed=0)
    assert (stored(database), stored(database, "note"), stored(database, "token")) == after
    app.provided[FIELD_KEYS] = ("second key",)
    assert [row.email for row in Customer.objects.order_by("pk")] == [f"{number}@x.org" for number in range(5)]
    assert Customer.objects.get(email="0@x.org").note == "n"


def test_what_nobody_can_read_is_told_and_the_rest_is_done(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer)
    lost = Customer.objects.create(email="lost@x.org")
    app.provided[FIELD_KEYS] = ("second key",)
    Customer.objects.create(email="b@x.org")
    app.provided[FIELD_KEYS] = ("third key", "second key")
    assert reencrypt(Customer, batch=0) == Reencrypted(changed=1, unreadable=(lost.pk,))


def test_what_was_changed_meanwhile_is_left_alone(
    app: Application, database: Database, tables: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables(Customer)
    row = Customer.objects.create(email="a@x.org", note="old")
    app.provided[FIELD_KEYS] = ("second key", "first key")
    renewed = EncryptedField.renewed

    def meanwhile(self: Any, value: str) -> str:
        Customer.objects.filter(pk=row.pk).update(note="new")
        return renewed(self, value)

    monkeypatch.setattr(EncryptedField, "renewed", meanwhile)
    reencrypt(Customer)
    assert Customer.objects.get().note == "new"


def test_texts_that_were_there_before_are_adopted(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Adopted)
    database.execute("INSERT INTO bank_adopted (email, note) VALUES ('old@x.org', 'plain')")
    Adopted.objects.create(email="new@x.org")
    assert Adopted.objects.get(email="old@x.org").note == "plain"
    assert reencrypt(Adopted) == Reencrypted(changed=1)
    assert all(value.startswith("enc.") for value in stored(database, "email", "bank_adopted"))
    assert Adopted.objects.get(email="old@x.org").note == "plain"


def test_the_keys_of_the_application_serve_where_there_are_no_others(
    app: Application, database: Database, tables: Callable[..., None]
) -> None:
    tables(Customer)
    app.provided = {SIGNING_KEYS: ("the secret key",)}
    Customer.objects.create(email="a@x.org")
    assert Customer.objects.get(email="a@x.org").email == "a@x.org"
    app.provided[FIELD_KEYS] = ()  # somebody meant to give them
    with pytest.raises(UnusableKeys):
        Customer.objects.get(email="a@x.org")
    app.provided = {}
    with pytest.raises(LookupError, match=r"no keys for bank\.Customer\.email"):
        Customer.objects.get(email="a@x.org")


def test_a_secret_is_shown_nowhere_and_a_form_that_posts_its_asterisks_keeps_it() -> None:
    field: Any = Customer._meta.get_field("token")
    row = Customer(email="a@x.org", token="t0ps3cret")
    row.full_clean(exclude=["email", "name"], validate_unique=False)
    assert row.token == Secret("t0ps3cret")
    assert "t0ps" not in f"{row.token} {row.token!r} {row!r}"
    field.save_form_data(row, "**********")
    assert row.token == Secret("t0ps3cret")
    field.save_form_data(row, "other")
    assert row.token == Secret("other")
    assert not field.serialize
    assert field.value_to_string(row) == "other"
    assert SecretField(default="x").get_default() == Secret("x")
    with pytest.raises(ValidationError):
        SecretField(max_length=3).clean(Secret("four"), None)
    with pytest.raises(ValidationError):
        SecretField().clean(Secret(""), None)


def test_options_that_cannot_work_are_refused_where_they_are_given() -> None:
    wrong: Any
    for wrong in ({"unique": True}, {"db_index": True}, {"primary_key": True}):
        with pytest.raises(ModelError, match="deterministic=True"):
            EncryptedField(**wrong)
    with pytest.raises(ModelError, match="db_default"):
        EncryptedField(db_default=Value("x"))


def test_the_longest_text_has_room(app: Application, database: Database, tables: Callable[..., None]) -> None:
    tables(Customer)
    longest = "🙂" * 100
    Customer.objects.create(email=longest, note="🙂" * 30_000)
    assert Customer.objects.get(email=longest).note == "🙂" * 30_000


def test_fields_are_made_again_from_their_parts() -> None:
    fields: list[Any] = [field for model in (Customer, Moved, Adopted) for field in model._meta.fields]
    for field in [*fields, SecretField(serialize=True)]:
        if isinstance(field, EncryptedField):
            _, path, args, kwargs = field.deconstruct()
            assert path == f"partita.orm.patterns.encrypted.{type(field).__name__}"
            again = type(field)(*args, **kwargs)
            assert again.deconstruct()[1:] == field.deconstruct()[1:]
            assert again.serialize == field.serialize
    assert copy.deepcopy(Customer(email="a@x.org")).email == "a@x.org"


class Vault(Model):
    """Is known to the command, which asks for the models of the process."""

    word = EncryptedField()

    class Meta:
        app_label = "encrypted_vault"


def test_the_command_tells_what_it_did(
    app: Application, database: Database, tables: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    tables(Vault)
    lost = Vault.objects.create(word="lost")
    app.provided = {FIELD_KEYS: ("second key",), DATABASES: Databases({"default": database})}
    Vault.objects.create(word="kept")
    app.provided[FIELD_KEYS] = ("third key", "second key")
    command, parser = Reencrypt(), argparse.ArgumentParser()
    command.add_arguments(parser)
    label = "encrypted_vault.Vault"
    assert command.run(app, parser.parse_args([label, "--batch", "1"])) == 1
    assert capsys.readouterr() == (f"{label}: 1 changed\n", f"{label}: none of the keys opens {lost.pk}\n")
    lost.delete()
    assert command.run(app, parser.parse_args([label])) == 0
    assert capsys.readouterr() == (f"{label}: 0 changed\n", "")
    assert command.run(app, parser.parse_args(["shop.Artist"])) == 1
    assert "shop.artist has no encrypted fields" in capsys.readouterr().err
