"""Class-based views as they are overridden in code written for Django, which changes what its base answered."""

from typing import Any, cast

import pytest

from partita.forms import CharField, Form
from partita.http import Request, Response
from partita.http.drafts import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from partita.http.drafts.uploaded_files import SimpleUploadedFile
from partita.http.drafts.uploads import FileUploadHandler, SkipFile
from partita.testing import Client, RequestFactory, application
from partita.urls import path
from partita.views.generic import DeleteView, FormView, ListView, View, YearArchiveView
from partita.views.generic.edit import DeletionMixin, ModelFormMixin
from partita.views.precognition import precognition


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


class Noting(FormView):
    """Answers with what its form got."""

    form_class = WordForm

    def form_valid(self, form: Any) -> Response:
        return HttpResponse(f"{form.cleaned_data['word']} {sorted(form.files)}")


class ANoting(FormView):
    """Async twin of `Noting`."""

    form_class = WordForm

    async def form_valid(self, form: Any) -> Response:  # type: ignore[override]  # hooks may be async
        return HttpResponse(f"{form.cleaned_data['word']} {sorted(form.files)}")


def test_a_form_gets_what_a_draft_says_was_sent() -> None:
    draft = HttpRequest(Request.build("POST", "/", form={"word": "sent"}))
    draft.POST = QueryDict("word=replaced")
    assert Noting.as_view()(draft).text == "replaced []"
    by_hand = HttpRequest()
    by_hand.method, by_hand.POST = "POST", QueryDict("word=by+hand")
    assert Noting.as_view()(by_hand).text == "by hand []"
    assert Noting.as_view()(HttpRequest(Request.build("PUT", "/", form={"word": "put"}))).text == "put []"


def test_files_go_by_the_upload_handlers_of_a_draft() -> None:
    class Refusing(FileUploadHandler):
        def new_file(self, *args: Any, **kwargs: Any) -> None:
            raise SkipFile

        def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
            raise AssertionError("nothing is to be received")

        def file_complete(self, file_size: int) -> None:
            raise AssertionError("nothing is to be received")

    class Uploading(Noting):
        def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
            request.upload_handlers.insert(0, Refusing(request))
            super().setup(request, *args, **kwargs)

    def sent() -> HttpRequest:
        return RequestFactory().post("/", {"word": "a", "file": SimpleUploadedFile("x.txt", b"x")})

    assert Noting.as_view()(sent()).text == "a ['file']"
    assert Uploading.as_view()(sent()).text == "a []"


def test_a_form_is_read_in_async_views_too() -> None:
    with application(urls=[path("a/", ANoting.as_view())], web={"drafts": True}) as app, Client(app) as client:
        assert client.post("/a/", {"word": "plain"}).text == "plain []"
        assert client.post("/a/", {"word": "b", "file": SimpleUploadedFile("x.txt", b"x")}).text == "b ['file']"


def test_pages_and_dates_are_those_that_a_draft_asks_for() -> None:
    draft = HttpRequest(Request.build("GET", "/?page=1&year=2001"))
    draft.GET = QueryDict("page=2&year=2002")
    rows = ListView.as_view(queryset=["a", "b"], paginate_by=1, template_name="page.html")(draft)
    assert cast("Any", rows).context_data["object_list"] == ["b"]
    view: YearArchiveView[Any] = YearArchiveView()
    view.setup(cast("Any", draft))
    assert view.get_year() == "2002"


def test_a_form_that_is_only_checked_is_what_the_draft_says() -> None:
    @precognition(WordForm)
    def view(request: Any) -> Response:
        raise AssertionError("it is only checked")

    draft = HttpRequest(Request.build("POST", "/", headers={"Precognition": "true"}, form={"word": "sent"}))
    assert view(draft).status_code == 204  # type: ignore[attr-defined]  # a draft
    draft.POST = QueryDict("word=")
    assert view(draft).status_code == 422  # type: ignore[attr-defined]  # a draft
