import pytest

from partita.forms import Form, SignedHiddenField, ValidationError
from partita.signing import Signer

SIGNER = Signer(["a key that is long enough for this test"], salt="order.price")


class Order(Form):
    price = SignedHiddenField(signer=SIGNER)


def shown(form: Form) -> str:
    return str(form["price"].value())


def test_a_hidden_value_goes_out_signed_and_comes_back_as_it_was() -> None:
    form = Order(initial={"price": "9.99"})
    assert 'type="hidden"' in str(form)
    sent = Order({"price": shown(form)}, initial={"price": "9.99"})
    assert sent.is_valid()
    assert sent.cleaned_data == {"price": "9.99"}
    assert not sent.has_changed()
    assert shown(sent) == shown(form)


@pytest.mark.parametrize(
    "change", [lambda s: "0.01" + s[4:], lambda s: s[:-1], lambda s: s + "x", lambda s: "0.01", lambda s: "\x00é"]
)
def test_a_value_that_was_changed_is_an_error(change: object) -> None:
    assert callable(change)
    form = Order({"price": change(shown(Order(initial={"price": "9.99"})))}, initial={"price": "9.99"})
    assert not form.is_valid()
    assert form.has_error("price", "tampered")
    assert form.has_changed()
    assert not Order({}).is_valid()


def test_a_value_signed_for_another_place_is_refused() -> None:
    other = Signer(["a key that is long enough for this test"], salt="elsewhere")
    with pytest.raises(ValidationError):
        SignedHiddenField(signer=SIGNER).clean(other.sign("9.99"))
