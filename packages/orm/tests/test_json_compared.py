"""JSON values are equal if they are the same JSON, on every database: with values, with one another, with queries."""

import json
from typing import Any

import pytest

from partita.orm import Database, F, JSONField, Model, OuterRef, Q, Registry
from partita.validation import ValidationError


class Kept(Model):
    """JSON at the top and below."""

    whole = JSONField(null=True)
    inside = JSONField(null=True)

    class Meta:
        registry = Registry()
        app_label = "compared_json"


VALUES: tuple[Any, ...] = (
    *("x", "", '"', "ä☃", "1", "true", "[1]", '{"a": 1}'),
    *(True, False, 1, 0, 1.5, -3),
    *([], {}, [1], ["1"], {"a": 1}, {"a": {"b": [None, "x"]}}),
)


@pytest.fixture
def rows(database: Database, tables: Any) -> Any:
    """A row for each value."""
    tables(Kept)
    Kept.objects.bulk_create([Kept(whole=value, inside={"k": value, "l": [value], "m": value}) for value in VALUES])
    return Kept.objects.order_by("pk")


def found(rows: Any) -> list[str]:
    """Return the values of rows as JSON, where true is not 1."""
    return [json.dumps(value) for value in rows.values_list("whole", flat=True)]


@pytest.mark.parametrize("value", VALUES, ids=json.dumps)
def test_a_value_is_the_same_as_itself_and_as_no_other(rows: Any, value: Any) -> None:
    same = [json.dumps(value)]
    assert found(rows.filter(whole=value)) == same
    assert found(rows.filter(whole__in=[value])) == same
    assert found(rows.filter(inside__k=value)) == same
    assert found(rows.filter(inside__l__0=value)) == same
    assert found(rows.filter(inside__k__in=[value, "absent"])) == same
    assert found(rows.exclude(whole=value)) == [json.dumps(other) for other in VALUES if json.dumps(other) not in same]
    assert found(rows.exclude(inside__k=value)) == found(rows.exclude(whole=value))


def test_values_are_compared_with_one_another(rows: Any) -> None:
    every = [json.dumps(value) for value in VALUES]
    assert found(rows.filter(inside__k=F("inside__m"))) == every
    assert found(rows.filter(inside__k__in=[F("inside__m")])) == every
    assert found(rows.filter(inside__k=F("whole"))) == every
    assert found(rows.filter(whole=F("inside__k"))) == every
    assert found(rows.filter(Q(whole=F("inside__l__0")), whole="x")) == ['"x"']
    assert found(rows.exclude(inside__k=F("inside__m"))) == []
    Kept.objects.create(whole="other", inside={"k": True, "m": 1})
    Kept.objects.create(whole="other", inside={"k": "[1]", "m": [1]})
    assert found(rows.filter(inside__k=F("inside__m"))) == every


def test_values_are_among_those_of_a_query(rows: Any) -> None:
    assert found(rows.filter(inside__k__in=Kept.objects.filter(whole="x").values("inside__m"))) == ['"x"']
    assert found(rows.filter(inside__k__in=Kept.objects.filter(whole=1.5).values("inside__k"))) == ["1.5"]
    own = Kept.objects.filter(pk=OuterRef("pk"), whole__in=["x", 1.5]).values("inside__m")
    assert found(rows.filter(inside__k__in=own)) == ['"x"', "1.5"]


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": -float("inf")}])
def test_what_is_no_json_is_refused_before_it_is_in_the_way_of_every_query(rows: Any, value: Any) -> None:
    count = rows.count()
    with pytest.raises(ValueError, match="not JSON compliant") as refused:
        Kept.objects.create(whole=value)
    assert "compared_json.Kept.whole" in refused.value.__notes__[0]
    with pytest.raises(TypeError, match="not JSON serializable"):
        Kept.objects.create(whole=object())
    with pytest.raises(ValidationError) as invalid:
        Kept(whole=value, inside={"a": 1}).full_clean()
    assert invalid.value.error_dict["whole"][0].code == "invalid"
    assert rows.filter(inside__k=1).count() == 1
    assert rows.count() == count
