"""A form is checked over HTTP, and the action does not run."""

import asyncio
from typing import Any

import msgspec
import pytest

from partita import forms
from partita.http import MethodNotAllowed, Request, Response
from partita.http.drafts import HttpRequest, HttpResponseBase
from partita.views.generic import FormView
from partita.views.precognition import PrecognitionMixin, precognition


class SignUp(forms.Form):
    name = forms.CharField(max_length=5)
    email = forms.EmailField()


acted: list[str] = []


@pytest.fixture(autouse=True)
def forget() -> None:
    acted.clear()


@precognition(SignUp)
def sign_up(request: Any) -> Response:
    acted.append("function")
    return Response.text("signed up")


@precognition(SignUp)
async def asign_up(request: Any) -> Response:
    acted.append("async function")
    return Response.text("signed up")


class SignUpView(PrecognitionMixin, FormView):
    form_class = SignUp
    success_url = "/welcome/"

    def form_valid(self, form: Any) -> Response:
        acted.append("form_valid")
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> Response:
        acted.append("form_invalid")
        return Response.text("again")


VIEWS = pytest.mark.parametrize("view", [sign_up, asign_up, SignUpView.as_view()], ids=["sync", "async", "class"])


def ask(view: Any, form: dict[str, str], **headers: str) -> Response:
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    answered = view(Request.build("POST", "/", form=form, headers=fields))
    return answered if isinstance(answered, Response) else asyncio.run(answered)


@VIEWS
def test_errors_come_back_by_field_and_nothing_happens(view: Any) -> None:
    response = ask(view, {"name": "Cornelius", "email": "none"}, Precognition="true")
    assert response.status == 422
    assert (response.headers["precognition"], response.headers["vary"]) == ("true", "Precognition")
    assert isinstance(response.body, bytes)
    told = msgspec.json.decode(response.body)
    assert set(told["errors"]) == {"name", "email"}
    assert told["message"] == told["errors"]["name"][0] != ""
    assert acted == []


@VIEWS
def test_a_form_that_is_right_gets_204_and_nothing_happens(view: Any) -> None:
    response = ask(view, {"name": "Ann", "email": "a@example.com"}, Precognition="true")
    assert (response.status, response.headers["precognition-success"]) == (204, "true")
    assert acted == []


@VIEWS
def test_only_the_fields_that_are_named_count(view: Any) -> None:
    sent = {"name": "Cornelius", "email": ""}
    only = ask(view, sent, Precognition="true", Precognition_Validate_Only="email , phone")
    assert isinstance(only.body, bytes)
    assert list(msgspec.json.decode(only.body)["errors"]) == ["email"]
    assert ask(view, {"name": "Ann"}, Precognition="true", Precognition_Validate_Only="name").status == 204


@VIEWS
def test_without_the_header_the_action_runs(view: Any) -> None:
    response = ask(view, {"name": "Ann", "email": "a@example.com"})
    assert len(acted) == 1
    assert "precognition" not in response.headers


def test_a_view_of_functions_tells_caches_that_it_depends_on_the_header() -> None:
    assert ask(sign_up, {}).headers["vary"] == "Precognition"


def test_a_draft_gets_a_draft() -> None:
    draft = HttpRequest.of(Request.build("POST", "/", form={}, headers={"Precognition": "true"}))
    assert isinstance(sign_up(draft), HttpResponseBase)


def test_a_method_that_the_view_does_not_answer_is_refused() -> None:
    request = Request.build("DELETE", "/", headers={"Precognition": "true"})
    with pytest.raises(MethodNotAllowed):
        SignUpView.as_view()(request)
