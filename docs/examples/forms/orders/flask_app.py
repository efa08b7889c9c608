"""The form in a Flask application: a page, a JSON address, and a check of single fields while somebody types."""

from typing import Any

from flask import Flask, Response, jsonify, request, send_from_directory
from markupsafe import Markup, escape

from orders.forms import Order
from partita.forms.errors import FieldNameError
from partita.forms.json_input import JSONBodyError, form_from_json
from partita.forms.json_schema import form_schema
from partita.forms.partial import check_field
from partita.forms.problems import PROBLEM_JSON, problem
from partita.forms.rows import STATIC

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 2_000_000

PAGE = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="stylesheet" href="/static/site.css">
{media}
</head>
<body>
<main>
<h1>Order records</h1>
{body}
</main>
</body>
</html>
""")
FORM = Markup("""{summary}
<form method="post" enctype="multipart/form-data" novalidate>
{form}
<button type="submit">Order</button>
</form>""")


@app.after_request
def protect(response: Response) -> Response:
    """Allow scripts and styles from files of this site only."""
    response.headers["Content-Security-Policy"] = "default-src 'self'; object-src 'none'; base-uri 'none'"
    return response


def show(form: Order, status: int = 200) -> tuple[str, int]:
    """Return the page with the form."""
    title = "Error: order records" if form.is_bound and form.errors else "Order records"
    body = FORM.format(summary=form.error_summary() if form.is_bound else "", form=form)
    return PAGE.format(title=title, media=form.media, body=body), status


@app.get("/")
def empty() -> tuple[str, int]:
    """Show the empty form."""
    return show(Order())


@app.post("/")
def order() -> tuple[str, int]:
    """Take the order, or show it again with its errors, or with one line more."""
    form = Order(request.form, request.files)
    if form.is_valid():
        lines = [line for line in form.formsets["lines"].cleaned_data if line and not line.get("DELETE")]
        text = ", ".join(f"{line['copies']} × {line['record']}" for line in lines)
        voucher = form.cleaned_data["voucher"]
        more = f" Voucher: {voucher.filename}." if voucher else ""
        thanks = Markup("<p id='thanks'>Thank you, {}: {}.{}</p>").format(form.cleaned_data["name"], text, more)
        return PAGE.format(title="Thank you", media="", body=thanks), 200
    return show(form, 200 if form.adds_form else 422)


@app.post("/check/<name>")
def check(name: str) -> tuple[str, int]:
    """Return one field with its errors; the attribute ``hx-post`` of htmx asks for such fragments."""
    try:
        return check_field(Order(request.form, request.files), name), 200
    except FieldNameError as error:
        return escape(str(error)), 404


@app.get("/orders/schema.json")
def schema() -> Response:
    """Tell programs what an order is."""
    return jsonify(form_schema(Order))


@app.post("/orders")
def order_by_program() -> tuple[Response, int]:
    """Take an order as JSON."""
    try:
        form = form_from_json(Order, request.get_data())
    except JSONBodyError as error:
        return answer(problem(error))
    if not form.is_valid():
        return answer(problem(form))
    return jsonify({"name": form.cleaned_data["name"], "lines": len(form.formsets["lines"].forms)}), 201


@app.get("/favicon.ico")
def icon() -> tuple[str, int]:
    """Answer browsers, which ask for one."""
    return "", 204


@app.get("/static/partita/forms/<path:name>")
def package_file(name: str) -> Response:
    """Serve the script of partita-forms."""
    return send_from_directory(STATIC / "partita" / "forms", name)


def answer(document: dict[str, Any]) -> tuple[Response, int]:
    """Return a problem document as a response."""
    response = jsonify(document)
    response.headers["Content-Type"] = PROBLEM_JSON
    return response, document["status"]
