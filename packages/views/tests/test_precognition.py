"""A form is checked over HTTP, and the action does not run."""

import asyncio
from typing import Any

import msgspec
import pytest

from partita import forms, orm
from partita.http import MethodNotAllowed, Request, Response
from partita.http.drafts import HttpRequest, HttpResponseBase
from partita.testing import Client, application
from partita.urls import path
from partita.views.generic import CreateView, DeleteView, FormView, UpdateView
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


registry = orm.Registry()


class Member(orm.Model):
    name = orm.CharField(max_length=5, unique=True)

    class Meta:
        app_label = "precognition"
        registry = registry


class AddMember(PrecognitionMixin, CreateView[Member]):
    model = Member
    fields = ("name",)
    success_url = "/members/"


class ChangeMember(PrecognitionMixin, UpdateView[Member]):
    model = Member
    fields = ("name",)
    success_url = "/members/"


class RemoveMember(PrecognitionMixin, DeleteView[Member]):
    model = Member
    success_url = "/members/"


def test_rows_stay_as_they_are_whatever_is_asked_and_the_action_runs_without_the_header() -> None:
    urls = [
        path("add/", AddMember.as_view()),
        path("change/<int:pk>/", ChangeMember.as_view()),
        path("remove/<int:pk>/", RemoveMember.as_view()),
    ]
    apps = ("partita.http", "partita.urls", "partita.forms")
    with application(urls=urls, default_apps=apps) as app, orm.Databases({"default": "sqlite://:memory:"}) as databases:
        databases["default"].create_all(Member)
        Member.objects.create(name="Ann")
        Member.objects.create(name="Bob")
        client = Client(app)

        def post(where: str, name: str, value: str = "true") -> tuple[int, list[str]]:
            headers = {"precognition": value} if value else {}
            answered = client.post(where, data={"name": name}, headers=headers)
            return answered.status, sorted(Member.objects.values_list("name", flat=True))

        rows = ["Ann", "Bob"]
        assert post("/add/", "Ann") == (422, rows)  # what only the table knows is told, too
        assert post("/add/", "Cid") == post("/add/", "Cid", "True") == post("/add/", "Cid", "TRUE") == (204, rows)
        assert post("/change/1/", "Bob") == (422, rows)
        assert post("/change/1/", "Ann") == post("/change/1/", "Eve") == (204, rows)
        assert post("/change/9/", "Eve") == (404, rows)
        assert post("/remove/1/", "") == (204, rows)  # there is no form that could be wrong
        assert post("/remove/9/", "") == (404, rows)
        assert post("/add/", "Cid", "") == (302, ["Ann", "Bob", "Cid"])
        assert post("/change/1/", "Eve", "false") == (302, ["Bob", "Cid", "Eve"])
        assert post("/remove/1/", "", "") == (302, ["Bob", "Cid"])
