"""Async hooks of forms, and validations that do not come to an end."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from partita.forms import (
    AsyncCleanError,
    CharField,
    EmailField,
    Form,
    IntegerField,
    ValidationError,
)


class Person(Form):
    name = CharField(max_length=20)
    email = EmailField(required=False, help_text="We keep it <to ourselves>.", autocomplete="email")
    age = IntegerField(required=False, min_value=0, initial=18)


def test_an_async_hook_is_awaited_and_its_result_counts() -> None:
    class Signup(Form):
        name = CharField()
        nick = CharField(required=False)

        async def clean_name(self) -> object:
            await asyncio.sleep(0)
            if self.cleaned_data["name"] == "taken":
                raise ValidationError("Taken.", code="taken")
            return str(self.cleaned_data["name"]).upper()

        def clean_nick(self) -> object:
            return f"nick of {self.cleaned_data.get('name')}"

        async def clean(self) -> object:
            await asyncio.sleep(0)
            if self.cleaned_data.get("name") == "BAD":
                raise ValidationError("Whole.")
            return None

    good, taken, bad = (Signup({"name": name}) for name in ("good", "taken", "bad"))

    async def check() -> list[bool]:
        return [await form.ais_valid() for form in (good, taken, bad)]

    assert asyncio.run(check()) == [True, False, False]
    assert good.cleaned_data == {"name": "GOOD", "nick": "nick of GOOD"}
    assert good.is_valid()
    assert taken.has_error("name", "taken")
    assert taken.cleaned_data == {"nick": "nick of None"}
    assert bad.non_field_errors() == ["Whole."]


def test_an_async_hook_in_sync_code_is_an_error_that_tells_what_to_do() -> None:
    class Signup(Form):
        name = CharField()

        async def clean_name(self) -> object:
            return self.cleaned_data["name"]

    form = Signup({"name": "a"})
    with pytest.raises(AsyncCleanError, match=r"Signup.clean_name is async. Call `await form.ais_valid\(\)`"):
        form.is_valid()
    assert asyncio.run(form.ais_valid())


def test_a_validation_that_was_cancelled_begins_anew() -> None:
    class Slow(Form):
        name = CharField()
        tries = 0

        async def clean_name(self) -> object:
            self.tries += 1
            if self.tries == 1:
                await asyncio.sleep(60)
            return self.cleaned_data["name"]

    async def check() -> bool:
        form = Slow({"name": "a"})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(form.ais_valid(), 0.01)
        return await form.ais_valid()

    assert asyncio.run(check())


def test_a_mistake_in_a_hook_does_not_leave_a_form_half_validated() -> None:
    class Broken(Form):
        name = CharField()

        def clean_name(self) -> object:
            raise ZeroDivisionError

    form = Broken({"name": "a"})
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            form.is_valid()


def test_ais_valid_of_a_form_without_async_hooks_needs_no_event_loop() -> None:
    def finish(coroutine: Coroutine[Any, Any, bool]) -> bool:
        try:
            coroutine.send(None)
        except StopIteration as stop:
            return bool(stop.value)
        raise AssertionError("It waited.")

    assert finish(Person({"name": "a"}).ais_valid())
    assert not finish(Person().ais_valid())
