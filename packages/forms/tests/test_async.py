"""Validators and choices that have to wait."""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import pytest

from partita.forms import (
    AsyncCleanError,
    CharField,
    ChoiceField,
    Form,
    MultipleChoiceField,
    RadioSelect,
    ValidationError,
)
from partita.forms.awaiting import is_async_function
from partita.forms.errors import AsyncChoicesError

CALLS: list[str] = []


async def not_taken(value: object) -> None:
    CALLS.append(f"taken? {value}")
    await asyncio.sleep(0)
    if value == "admin":
        raise ValidationError("%(value)s is taken.", code="taken", params={"value": value})


class Allowed:
    async def __call__(self, value: object) -> None:
        await asyncio.sleep(0)
        if str(value).startswith("a"):
            raise ValidationError("No a.", code="no_a")


async def rooms() -> list[tuple[str, str]]:
    CALLS.append("rooms")
    await asyncio.sleep(0)
    return [("1", "Great hall"), ("2", "Small & fine")]


class Booking(Form):
    name = CharField(max_length=8, validators=[not_taken, Allowed()], error_messages={"taken": "Choose another name."})
    room = ChoiceField(choices=rooms, widget=RadioSelect)
    others = MultipleChoiceField(choices=rooms, required=False)


@pytest.fixture(autouse=True)
def _calls() -> None:
    CALLS.clear()


def test_async_validators_run_after_the_others_and_their_errors_come_together() -> None:
    async def run() -> None:
        good = Booking({"name": "Clara", "room": "1"})
        assert await good.ais_valid(), good.errors
        bad = Booking({"name": "admin", "room": "2"})
        assert not await bad.ais_valid()
        assert bad.errors == {"name": ["Choose another name.", "No a."]}
        assert "name" not in bad.cleaned_data
        CALLS.clear()
        long = Booking({"name": "admin" * 9, "room": "1"})
        assert not await long.ais_valid()
        assert not [call for call in CALLS if call.startswith("taken?")]

    asyncio.run(run())


def test_async_choices_are_asked_for_once_by_each_form_and_each_field() -> None:
    async def run() -> None:
        form = Booking({"name": "Clara", "room": "2", "others": ["1", "2"]})
        assert await form.ais_valid(), form.errors
        assert CALLS.count("rooms") == 2
        assert form.cleaned_data["others"] == ["1", "2"]
        assert "Small &amp; fine" in str(form)
        assert CALLS.count("rooms") == 2
        forged = Booking({"name": "Clara", "room": "3"})
        assert not await forged.ais_valid()
        assert forged.has_error("room", "invalid_choice")
        assert CALLS.count("rooms") == 4

    asyncio.run(run())


def test_an_unbound_form_is_loaded_before_it_is_shown() -> None:
    async def run() -> None:
        form = Booking()
        with pytest.raises(AsyncChoicesError, match=r"await form\.aload\(\)"):
            str(form)
        await form.aload()
        assert "Great hall" in str(form)

    asyncio.run(run())


def test_sync_code_is_told_what_to_call() -> None:
    class OnlyValidator(Form):
        name = CharField(validators=[not_taken])

    with pytest.raises(AsyncCleanError, match=r"await form\.ais_valid\(\)"):
        Booking({"name": "Clara", "room": "1"}).is_valid()
    with pytest.raises(AsyncCleanError, match=r"fields\['name'\].async_validators is async"):
        OnlyValidator({"name": "Clara"}).is_valid()
    assert OnlyValidator({"name": ""}).errors == {"name": ["This field is required."]}


def test_a_field_alone_can_be_awaited() -> None:
    async def run() -> None:
        field = CharField(validators=[not_taken])
        assert await field.aclean(" Clara ") == "Clara"
        with pytest.raises(ValidationError, match=r"admin is taken\."):
            await field.aclean("admin")
        assert await ChoiceField(choices=rooms).aclean("1") == "1"

    asyncio.run(run())


def test_an_async_validator_put_among_the_others_is_an_error_and_no_pass() -> None:
    field = CharField()
    field.validators.append(not_taken)  # type: ignore[arg-type]  # the mistake
    with pytest.raises(TypeError, match="add it to async_validators"):
        field.clean("admin")


@pytest.mark.parametrize(
    ("call", "answer"),
    [(not_taken, True), (Allowed(), True), (partial(not_taken), True), (Allowed().__call__, True), (len, False), (str, False), (CharField, False), (lambda: 1, False)],
)  # fmt: skip
def test_async_functions_are_told_from_others(call: Callable[..., Coroutine[Any, Any, None]], answer: bool) -> None:
    assert is_async_function(call) is answer
