"""Where an expression is expected, text is the name of a field, as in Django."""

from collections.abc import Iterator

import pytest

from partita.orm import Case, CharField, Databases, F, IntegerField, Model, Registry, Sum, Value, When

registry_of_sales = Registry()


class Sale(Model):
    kind = CharField(max_length=10)
    price = IntegerField()
    rebate = IntegerField()

    class Meta:
        app_label = "sales"
        registry = registry_of_sales


@pytest.fixture(autouse=True)
def sales() -> Iterator[Databases]:
    with Databases({"default": "sqlite://:memory:"}) as databases:
        databases["default"].create_all(Sale)
        Sale.objects.create(kind="new", price=10, rebate=1)
        Sale.objects.create(kind="used", price=5, rebate=2)
        yield databases


def test_the_result_of_a_branch_and_the_default_may_be_named() -> None:
    cheaper = Case(When(kind="used", then="rebate"), default="price")
    assert list(Sale.objects.annotate(n=cheaper).order_by("id").values_list("n", flat=True)) == [10, 2]
    text = Case(When(kind="used", then=Value("old")), default=F("kind"))
    assert list(Sale.objects.annotate(n=text).order_by("id").values_list("n", flat=True)) == ["new", "old"]


def test_an_aggregate_of_more_than_a_field_needs_an_alias_and_takes_one() -> None:
    used = Sum(Case(When(kind="used", then="price"), default=Value(0)))
    assert Sale.objects.aggregate(used=used) == {"used": 5}
    assert [sale.used for sale in Sale.objects.annotate(used=used).order_by("id")] == [0, 5]  # type: ignore[attr-defined]
    with pytest.raises(TypeError, match="require an alias"):
        Sale.objects.annotate(used)
