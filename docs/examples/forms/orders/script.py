"""A form in a script: nothing but ``pip install partita-forms``."""

from orders.forms import Order
from partita.forms.json_input import form_from_json
from partita.forms.json_schema import form_schema
from partita.forms.problems import problem


def check(text: str) -> str:
    """Return who ordered how many copies, or what is wrong.

    Args:
        text: An order as JSON.
    """
    form = form_from_json(Order, text)
    if not form.is_valid():
        return "\n".join(f"{error['pointer']}: {error['detail']}" for error in problem(form)["errors"])
    copies = sum(int(str(line["copies"])) for line in form.formsets["lines"].cleaned_data)
    return f"{form.cleaned_data['name']} orders {copies}."


def page() -> str:
    """Return the empty form as HTML."""
    return str(Order())


def schema() -> dict[str, object]:
    """Return the JSON schema of an order."""
    return form_schema(Order)
