"""The form in a FastAPI application: form data and JSON at one address, both validated by awaiting."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from orders.forms import Line
from partita.forms import CharField, EmailField, ValidationError
from partita.forms.formsets import formset_factory
from partita.forms.json_input import JSONBodyError, form_from_json
from partita.forms.json_schema import form_schema
from partita.forms.nesting import NestedForm
from partita.forms.problems import PROBLEM_JSON, problem

app = FastAPI()


class Blocked:
    """Stands for a table that is asked asynchronously."""

    async def has(self, email: str) -> bool:
        """Tell whether no orders are taken from this address."""
        return email.endswith("@example.net")


blocked = Blocked()


class QuickOrder(NestedForm):
    """Who orders what."""

    name = CharField(max_length=60)
    email = EmailField()

    formset_classes = {"lines": formset_factory(Line, extra=1, min_num=1, validate_min=True)}

    async def clean_email(self) -> str:
        """Look the address up without blocking others."""
        email: str = self.cleaned_data["email"]
        if await blocked.has(email):
            raise ValidationError("We take no orders from this address.", code="blocked")
        return email


class ProblemResponse(JSONResponse):
    """A problem document (RFC 9457)."""

    media_type = PROBLEM_JSON


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    """Show the empty form."""
    return f'<!doctype html><title>Order</title><form method="post" action="/orders">{QuickOrder()}<button>Order</button></form>'


@app.get("/orders/schema.json")
async def schema() -> dict[str, Any]:
    """Tell programs what an order is."""
    return form_schema(QuickOrder)


@app.post("/orders")
async def order(request: Request) -> Response:
    """Take an order as JSON or as form data; people get the form again, programs a problem document."""
    by_program = request.headers.get("content-type", "").startswith("application/json")
    try:
        form = form_from_json(QuickOrder, await request.body()) if by_program else QuickOrder(await request.form())
    except JSONBodyError as error:
        return ProblemResponse(problem(error), 400)
    if not await form.ais_valid():
        return ProblemResponse(problem(form), 422) if by_program else HTMLResponse(str(form), 422)
    lines = [{"record": line["record"], "copies": line["copies"]} for line in form.formsets["lines"].cleaned_data]
    return JSONResponse({"name": form.cleaned_data["name"], "lines": lines}, 201)
