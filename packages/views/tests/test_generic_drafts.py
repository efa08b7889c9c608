"""Class-based views as they are overridden in code written for Django, which changes what its base answered."""

from typing import Any, cast

import pytest

from partita.forms import CharField, Form
from partita.http import Request, Response
from partita.http.drafts import HttpRequest, HttpResponse, HttpResponseBase
from partita.views.generic import DeleteView, FormView, View
from partita.views.generic.edit import DeletionMixin, ModelFormMixin


class WordForm(Form):
    """One word."""

    word = CharField()


class Thing:
    """What a form saves and a view removes."""

    def __init__(self) -> None:
        self.removed = False

    def delete(self) -> None:
        """Be removed."""
        self.removed = True

    def get_absolute_url(self) -> str:
        """Return the page."""
        return "/thing/"


class Marking:
    """Does to the answers what many projects do."""

    def form_valid(self, form: Any) -> Response:
        response = cast("Any", super()).form_valid(form)
        response.set_cookie("last", "7")
        response["X-Own"] = "1"
        return cast("Response", response)

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        response = cast("Any", super()).dispatch(request, *args, **kwargs)
        response.headers["X-Everywhere"] = "1"
        return response


class Words(Marking, FormView):
    form_class = WordForm
    success_url = "/done/"


class Things(Marking, ModelFormMixin[Any], FormView):
    form_class = WordForm

    def form_valid(self, form: Any) -> Response:
        form.save = Thing
        return super().form_valid(form)


class Removal(Marking, DeleteView[Any]):
    success_url = "/gone/"

    def get_object(self, queryset: Any = None) -> Any:
        return Thing()


def send(view: Any, method: str = "POST") -> Any:
    return view.as_view()(HttpRequest(Request.build(method, "/", form={"word": "a"})))


@pytest.mark.parametrize(("view", "target"), [(Words, "/done/"), (Things, "/thing/"), (Removal, "/gone/")])
def test_the_answer_to_a_form_may_be_changed(view: Any, target: str) -> None:
    response = send(view)
    assert (response.status_code, response.url, response["X-Own"], response["X-Everywhere"]) == (302, target, "1", "1")
    assert response.cookies["last"].value == "7"


def test_a_removal_by_method_may_be_changed() -> None:
    class ByMethod(DeletionMixin[Any], View):
        success_url = "/gone/"

        def get_object(self) -> Any:
            return Thing()

        def delete(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            response: Any = super().delete(request, *args, **kwargs)
            response["X-Own"] = "1"
            return response

    assert send(ByMethod, "DELETE")["X-Own"] == "1"


def test_whatever_the_method_a_draft_is_answered_with_a_draft() -> None:
    class Page(Marking, View):
        def get(self, request: Any) -> Response:
            return HttpResponse("page")

    for method in ("GET", "HEAD", "OPTIONS", "POST", "UNKNOWN"):
        response = send(Page, method)
        assert isinstance(response, HttpResponseBase)
        assert response["X-Everywhere"] == "1"
    assert send(Page, "OPTIONS")["Allow"] == "GET, HEAD, OPTIONS"


def test_an_immutable_request_gets_answers_to_copy_from() -> None:
    class Native(FormView):
        form_class = WordForm
        success_url = "/done/"

        def form_valid(self, form: Any) -> Response:
            return super().form_valid(form).with_header("X-Own", "1")

    response = Native.as_view()(Request.build("POST", "/", form={"word": "a"}))
    assert (response.status, response.headers["location"], response.headers["x-own"]) == (302, "/done/", "1")
