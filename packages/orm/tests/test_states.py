"""A state changes along declared ways only, also when two want to change it."""

from collections.abc import Callable
from typing import Any

import pytest

from partita.orm import CharField, FieldError, Model, ModelError, Registry, TextChoices
from partita.orm.patterns.states import IllegalTransition, StateField, atransition, transition

office = Registry()


class Status(TextChoices):
    """Of an order."""

    DRAFT = "draft", "Draft"
    CONFIRMED = "confirmed", "Confirmed"
    CANCELLED = "cancelled", "Cancelled"
    DONE = "done", "Done"


class Order(Model):
    """Goes from draft to done."""

    name = CharField(max_length=20, default="")
    state = StateField(
        choices=Status,
        transitions={
            Status.DRAFT: [Status.CONFIRMED, Status.CANCELLED],
            Status.CONFIRMED: [Status.DONE, Status.CANCELLED],
            Status.CANCELLED: [],
            Status.DONE: [],
        },
    )

    class Meta:
        registry = office
        app_label = "office"


def test_only_declared_ways_are_gone(tables: Callable[..., None]) -> None:
    tables(Order)
    order = Order.objects.create()
    assert order.state == "draft"
    with pytest.raises(
        IllegalTransition, match="from 'draft' to 'done'; from there it may go to 'cancelled', 'confirm"
    ):
        order.state = Status.DONE
    assert order.state == "draft"
    order.state = Status.CONFIRMED
    order.save()
    assert Order.objects.get().state == "confirmed"
    confirmed: Any = Order.objects.get(state=Status.CONFIRMED)
    assert confirmed.get_state_display() == "Confirmed"
    order.state = "done"
    with pytest.raises(IllegalTransition, match="nowhere"):
        order.state = "draft"
    with pytest.raises(IllegalTransition):
        order.state = "nonsense"
    order.state = "done"
    assert Order.objects.create(state=Status.DONE).state == "done"
    with pytest.raises(FieldError, match="none of the states"):
        Order.objects.create(state="nonsense")
    deferred = Order.objects.defer("state").get(pk=order.pk)
    deferred.state = "cancelled"
    assert deferred.state == "cancelled"


def test_two_that_change_one_state(tables: Callable[..., None], run: Any) -> None:
    tables(Order)
    mine = Order.objects.create()
    yours = Order.objects.get()
    transition(mine, state=Status.CANCELLED)
    assert mine.state == "cancelled"
    with pytest.raises(IllegalTransition, match="from 'cancelled' to 'confirmed'"):
        transition(yours, state=Status.CONFIRMED)
    assert yours.state == "draft"
    with pytest.raises(FieldError, match="no StateField"):
        transition(yours, name="x")

    async def awaited() -> None:
        other = await Order.objects.acreate()
        await atransition(other, state="confirmed")
        assert (await Order.objects.aget(pk=other.pk)).state == "confirmed"
        await other.adelete()
        other.pk = 4711
        with pytest.raises(Order.DoesNotExist):
            await atransition(other, state="done")

    run(awaited())


def test_a_field_is_made_again_from_its_parts() -> None:
    field: Any = Order._meta.get_field("state")
    _, path, args, kwargs = field.deconstruct()
    assert path == "partita.orm.patterns.states.StateField"
    assert StateField(*args, **kwargs).deconstruct()[1:] == field.deconstruct()[1:]
    with pytest.raises(ModelError, match="no key of transitions"):
        StateField(transitions={"a": ["b"]})
    with pytest.raises(ModelError, match="at least one"):
        StateField(transitions={})
