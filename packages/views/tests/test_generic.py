"""Class-based views, on real models, forms and templates."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from inspect import iscoroutinefunction
from typing import Any, cast

import pytest

from partita.bridge import drive
from partita.contracts.current import CURRENT
from partita.contracts.errors import ImproperlyConfigured
from partita.contracts.i18n import LazyText
from partita.contracts.templates import TEMPLATES
from partita.contracts.testing.app import SimpleRegistrar
from partita.forms import CharField as FormText
from partita.forms import Form
from partita.forms.models import ModelForm
from partita.http import MethodNotAllowed, NotFound, Request, Response, StatusError
from partita.http.drafts import HttpRequest, HttpResponseBase
from partita.orm import CharField, Databases, IntegerField, Model, connect
from partita.orm.registry import Registry
from partita.templates import Engine
from partita.testing import Client, application
from partita.urls import ROUTER, Router, path, reverse_lazy
from partita.views import Paginator, TemplateResponse, ViewConfigurationError
from partita.views.errors import NoLookupError, WeekFormatError
from partita.views.generic import (
    Answer,
    ContextMixin,
    CreateView,
    DeleteView,
    DeletionMixin,
    DetailView,
    FormMixin,
    FormView,
    ListView,
    ModelFormMixin,
    MultipleObjectMixin,
    ProcessFormView,
    RedirectView,
    SingleObjectMixin,
    SingleObjectTemplateResponseMixin,
    TemplateResponseMixin,
    TemplateView,
    UpdateView,
    View,
)

MODELS = Registry()


class Album(Model):
    """An album."""

    title = CharField(max_length=40)
    slug = CharField(max_length=40)
    year = IntegerField(default=1970)

    class Meta:
        app_label = "genericshop"
        registry = MODELS
        ordering = ("title",)

    def get_absolute_url(self) -> str:
        """Return the page."""
        return f"/albums/{self.pk}/"


TEXTS = {
    "page.html": "{{ word }} {{ extra }} {{ view.shelf }}",
    "genericshop/album_detail.html": "{{ object.title }}|{{ album.title }}",
    "genericshop/album_list.html": "{% for album in album_list %}{{ album.title }};{% endfor %}"
    "{% if is_paginated %}{{ page_obj.number }}/{{ paginator.num_pages }}{% endif %}",
    "genericshop/album_form.html": "{% for e in form.title.errors %}[{{ e }}]{% endfor %}{{ form.title.value|default:'' }}",
    "genericshop/album_confirm_delete.html": "Remove {{ album.title }}?",
    "form.html": "{% for e in form.word.errors %}[{{ e }}]{% endfor %}{{ form.word.value|default:'' }}",
    "both.html": "{{ object.title }}: {% for album in object_list %}{{ album.title }};{% endfor %}",
    "own.html": "own {{ object.title }}",
    "question.html": "Remove {{ object.title }}?[{{ form }}]",
}


async def nowhere(request: Request, **kwargs: object) -> Response:
    """Stand in a route."""
    return Response.empty()


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    """An application with templates, routes and three albums."""
    app = SimpleRegistrar()
    app.provide(TEMPLATES, lambda: Engine(templates=TEXTS))
    app.provide(
        ROUTER, lambda: Router([path("albums/", nowhere, name="albums"), path("a/<slug:s>/", nowhere, name="a")])
    )
    token = CURRENT.set(app)
    database = connect("sqlite://:memory:")
    with Databases({"default": database}):
        database.create_all(Album)
        for title in ("Blue", "Aja", "Chet"):
            Album.objects.create(title=title, slug=title.lower())
        yield
        database.close()
    CURRENT.reset(token)


def ask(view: Callable[..., Any], method: str = "GET", url: str = "/", form: Any = None, **kwargs: object) -> Response:
    """Call a view as an application does."""
    request = Request.build(method, url, form=form)
    if not iscoroutinefunction(view):
        return cast("Response", view(request, **kwargs))
    return cast("Response", asyncio.run(drive(cast("Any", view)(request, **kwargs))))


def text(response: Response) -> str:
    """Return the body of a plain answer."""
    assert isinstance(response.body, bytes)
    return response.body.decode()


# -- View


class Greeting(View):
    """Greets."""

    word = "hello"

    def get(self, request: Request, name: str = "you") -> Answer:
        """Greet."""
        return Response.text(f"{self.word} {name} {self.kwargs}")


def test_a_view_calls_the_method_of_the_request_and_keeps_what_was_captured() -> None:
    view = Greeting.as_view(word="salut")
    assert text(ask(view, name="Ada")) == "salut Ada {'name': 'Ada'}"
    assert (view.__name__, view.__doc__) == ("Greeting", "Greets.")
    assert cast("Any", view).view_class is Greeting
    assert cast("Any", view).view_initkwargs == {"word": "salut"}
    assert text(ask(view, "HEAD")) == "salut you {}"


def test_other_methods_are_refused_with_those_allowed_and_options_lists_them() -> None:
    with pytest.raises(MethodNotAllowed) as refused:
        ask(Greeting.as_view(), "POST")
    assert dict(refused.value.headers)["allow"] == "GET, HEAD, OPTIONS"
    assert ask(Greeting.as_view(), "OPTIONS").headers["allow"] == "GET, HEAD, OPTIONS"

    class Secret(Greeting):
        http_method_names = ("options",)

    with pytest.raises(MethodNotAllowed):
        ask(Secret.as_view())
    with pytest.raises(MethodNotAllowed):
        ask(Greeting.as_view(), "SETUP")  # a method of the class is not one of HTTP


def test_each_request_has_an_instance_of_its_own() -> None:
    class Counting(View):
        count = 0

        def get(self, request: Request) -> Answer:
            self.count += 1
            return Response.text(str(self.count))

    view = Counting.as_view()
    assert [text(ask(view)), text(ask(view))] == ["1", "1"]


@pytest.mark.parametrize(("options", "told"), [({"get": 1}, "is a method"), ({"wrod": 1}, "no such attribute")])
def test_options_that_make_no_sense_are_refused_at_once(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ViewConfigurationError, match=told):
        Greeting.as_view(**options)


def test_a_setup_that_forgets_its_base_is_told_so() -> None:
    class Forgetful(Greeting):
        def setup(self, request: Request, *args: Any, **kwargs: Any) -> None:
            """Do nothing."""

    with pytest.raises(ViewConfigurationError, match="super"):
        ask(Forgetful.as_view())


def test_what_decorators_leave_on_dispatch_is_on_the_view() -> None:
    class Marked(Greeting):
        def dispatch(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
            return super().dispatch(request, *args, **kwargs)

    cast("Any", Marked.dispatch).csrf_exempt = True
    assert cast("Any", Marked.as_view()).csrf_exempt is True


# -- async


class Slow(View):
    """Answers after a moment."""

    async def get(self, request: Request) -> Response:
        """Wait."""
        await asyncio.sleep(0)
        return Response.text("waited")


def test_async_methods_make_an_async_view_also_without_an_application() -> None:
    view = Slow.as_view()
    assert Slow.view_is_async()
    assert iscoroutinefunction(view)
    assert not iscoroutinefunction(Greeting.as_view())
    assert text(ask(view)) == "waited"
    assert text(asyncio.run(cast("Any", view)(Request.build("GET", "/")))) == "waited"
    with pytest.raises(MethodNotAllowed):
        ask(view, "POST")


def test_sync_views_may_run_on_the_loop() -> None:
    class Albums(ListView[Album]):
        model = Album
        on_loop = True

    view = Albums.as_view()
    assert iscoroutinefunction(view)
    assert text(ask(view)) == "Aja;Blue;Chet;"
    assert text(asyncio.run(cast("Any", view)(Request.build("GET", "/")))) == "Aja;Blue;Chet;"


@pytest.mark.parametrize("given", [None, "text", {"a": 1}])
def test_what_is_no_response_is_handed_on_whatever_kind_of_view_gave_it(given: Any) -> None:
    class OnLoop(View):
        on_loop = True

        def get(self, request: Request) -> Any:
            return given

    class Async(View):
        async def get(self, request: Request) -> Any:
            return given

    for view in (OnLoop.as_view(), Async.as_view()):
        assert ask(view) is given
        assert asyncio.run(cast("Any", view)(Request.build("GET", "/"))) is given
    with (
        application(
            urls=[path("a/", OnLoop.as_view(), name="a")], default_apps=("partita.http", "partita.urls")
        ) as app,
        pytest.raises(TypeError, match=f"the view a returned {type(given).__name__}, not a partita.http.Response"),
    ):
        Client(app).get("/a/")


def test_a_hook_may_be_async_and_a_method_may_call_its_sync_base() -> None:
    class Hooked(ListView[Album]):
        model = Album

        async def get_queryset(self) -> Any:
            await asyncio.sleep(0)
            return Album.objects.filter(title="Blue")

    class Calling(DetailView[Album]):
        model = Album

        async def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
            await asyncio.sleep(0)
            return cast("Response", super().get(request, *args, **kwargs))

    assert text(ask(Hooked.as_view())) == "Blue;"
    assert text(ask(Calling.as_view(), slug="aja")) == "Aja|Aja"


def test_async_hooks_may_call_sync_bases_that_ask_other_async_hooks() -> None:
    class Changing(UpdateView[Album]):
        model = Album
        fields = ("title",)
        success_url = "/never/"

        async def get_object(self, queryset: Any = None) -> Album:  # type: ignore[override]  # hooks may be async
            await asyncio.sleep(0)
            return super().get_object(queryset)

        async def get_queryset(self) -> Any:
            await asyncio.sleep(0)
            return super().get_queryset()

        async def get_initial(self) -> dict[str, Any]:  # type: ignore[override]  # as above
            await asyncio.sleep(0)
            return {"title": "first"}

        async def get_form_kwargs(self) -> dict[str, Any]:  # type: ignore[override]  # as above
            await asyncio.sleep(0)
            return super().get_form_kwargs()

        async def get_context_data(self, **kwargs: Any) -> dict[str, Any]:  # type: ignore[override]  # as above
            await asyncio.sleep(0)
            return super().get_context_data(**kwargs)

        async def form_valid(self, form: Any) -> Response:  # type: ignore[override]  # as above
            await asyncio.sleep(0)
            return super().form_valid(form)

        async def get_success_url(self) -> str:  # type: ignore[override]  # as above
            await asyncio.sleep(0)
            return f"/done/{super().get_success_url()}"

    view = Changing.as_view()
    assert text(ask(view, slug="aja")) == "first"
    assert "[" in text(ask(view, "POST", form={"title": ""}, slug="aja"))
    assert ask(view, "POST", form={"title": "Ajax"}, slug="aja").headers["location"] == "/done//never/"
    assert Album.objects.get(slug="aja").title == "Ajax"


# -- templates and redirects


def test_a_template_gets_the_route_the_extra_context_and_the_view() -> None:
    class Shelf(TemplateView):
        shelf = "B"

    view = Shelf.as_view(template_name="page.html", extra_context={"extra": "&more"})
    answer = ask(view, word="<b>")
    assert text(answer) == "&lt;b&gt; &amp;more B"
    assert answer.content_type.startswith("text/html")
    assert ask(Shelf.as_view(template_name="page.html", content_type="text/plain")).content_type.startswith(
        "text/plain"
    )
    with pytest.raises(ViewConfigurationError, match="template_name"):
        ask(TemplateView.as_view())


def test_an_answer_takes_what_its_class_takes() -> None:
    class Teapot(TemplateView):
        template_name = "page.html"

        def render_to_response(self, context: Any, **response_kwargs: Any) -> Response:
            return super().render_to_response(context, status=418, headers={"X-Own": "1"}, **response_kwargs)

    answer = cast("TemplateResponse", ask(Teapot.as_view(), word="w"))
    assert (answer.status_code, answer.headers["x-own"], answer.render().text) == (418, "1", "w  ")
    csv = TemplateView.as_view(template_name="page.html", content_type="text/csv")
    assert ask(csv).content_type.startswith("text/csv")


def test_a_view_may_have_a_class_of_its_own_for_answers_and_name_an_engine() -> None:
    class Own(TemplateResponse):
        pass

    class Shelf(ListView[Album]):
        model = Album
        response_class = Own
        template_engine = "second"

    for request in (Request.build("GET", "/"), HttpRequest.of(Request.build("GET", "/"))):
        answer = Shelf.as_view()(request)
        assert type(answer) is Own
        assert (answer.using, answer.is_rendered) == ("second", False)
        assert answer.render().text == "Aja;Blue;Chet;"


def test_redirects_fill_in_what_was_captured() -> None:
    to = RedirectView.as_view(url="/new/%(slug)s/?a=1%%2B1")
    assert ask(to, slug="x").headers["location"] == "/new/x/?a=1%2B1"
    assert ask(to, slug="x").status == 302
    assert ask(RedirectView.as_view(url="/new/", permanent=True), "POST").status == 301
    kept = RedirectView.as_view(pattern_name="a", query_string=True)
    assert ask(kept, url="/?q=a%20b", s="x").headers["location"] == "/a/x/?q=a%20b"
    with pytest.raises(StatusError) as error:
        ask(RedirectView.as_view())
    assert error.value.status == 410


@pytest.mark.parametrize(
    "captured", ["/evil.example", "/evil.example/", "\\evil.example", "a?b#c", "a\r\nSet-Cookie: b"]
)
def test_a_captured_text_stays_in_its_place_of_a_redirect(captured: str) -> None:
    location = ask(RedirectView.as_view(url="/%(rest)s"), rest=captured).headers["location"]
    assert location.startswith("/")
    assert location[1:2] not in {"/", "\\"}
    assert not set("?#\r\n") & set(location)


# -- details


def test_details_are_found_by_key_or_slug() -> None:
    aja = Album.objects.get(title="Aja")
    view = DetailView.as_view(model=Album)
    assert text(ask(view, pk=aja.pk)) == "Aja|Aja"
    assert text(ask(view, slug="blue")) == "Blue|Blue"
    assert text(ask(DetailView.as_view(queryset=Album.objects.filter(title="Chet"), slug_field="title"), slug="Chet"))
    both = DetailView.as_view(model=Album, query_pk_and_slug=True)
    with pytest.raises(NotFound, match="no such album"):
        ask(both, pk=aja.pk, slug="blue")
    with pytest.raises(NotFound):
        ask(view, pk=999)
    with pytest.raises(ViewConfigurationError, match="pk"):
        ask(view)
    with pytest.raises(ViewConfigurationError, match="model or queryset"):
        ask(DetailView.as_view(), pk=1)


def test_an_object_may_name_its_template_and_its_name_may_be_chosen() -> None:
    view = DetailView.as_view(model=Album, template_name_field="slug", context_object_name="record")
    Album.objects.filter(title="Aja").update(slug="own.html")
    assert text(ask(view, slug="own.html")) == "own Aja"
    # A missing one gives way to that of the model.
    assert text(ask(view, slug="blue")) == "Blue|"


# -- lists


def test_lists_are_sorted_and_cut_into_pages() -> None:
    assert text(ask(ListView.as_view(model=Album))) == "Aja;Blue;Chet;"
    assert text(ask(ListView.as_view(model=Album, ordering="-title"))) == "Chet;Blue;Aja;"
    paged = ListView.as_view(model=Album, paginate_by=2)
    assert text(ask(paged)) == "Aja;Blue;1/2"
    assert text(ask(paged, url="/?page=2")) == "Chet;2/2"
    assert text(ask(paged, page="last")) == "Chet;2/2"
    assert text(ask(ListView.as_view(model=Album, paginate_by=2, paginate_orphans=1))) == "Aja;Blue;Chet;"
    for wrong in ("3", "0", "x", "-1"):
        with pytest.raises(NotFound):
            ask(paged, url=f"/?page={wrong}")


def test_a_paginator_of_ones_own_gets_arguments_of_its_own() -> None:
    class Strange(Paginator[Album]):
        def __init__(self, *args: Any, first: int = 1, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.first = first

    class Albums(ListView[Album]):
        model = Album
        paginate_by = 2
        paginator_class = Strange

        def get_paginator(self, *args: Any, **kwargs: Any) -> Paginator[Album]:
            return super().get_paginator(*args, first=7, **kwargs)

        def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
            context = super().get_context_data(**kwargs)
            assert context["paginator"].first == 7
            return context

    assert text(ask(Albums.as_view())) == "Aja;Blue;1/2"


def test_an_empty_list_is_shown_unless_it_is_not_allowed() -> None:
    none = Album.objects.filter(title="none")
    assert text(ask(ListView.as_view(queryset=none))) == ""
    with pytest.raises(NotFound):
        ask(ListView.as_view(queryset=none, allow_empty=False))
    assert ask(ListView.as_view(model=Album, allow_empty=False)).status == 200


def test_a_query_set_of_the_class_is_read_anew_for_each_request() -> None:
    view = ListView.as_view(queryset=Album.objects.filter(year=1970))
    ask(view)
    Album.objects.create(title="Duke", slug="duke")
    assert "Duke" in text(ask(view))


def test_a_plain_list_needs_a_template() -> None:
    view = ListView.as_view(queryset=["a", "b"], template_name="page.html", extra_context={"word": "x"})
    assert text(ask(view)).startswith("x")
    with pytest.raises(ViewConfigurationError, match="template_name"):
        ask(ListView.as_view(queryset=["a"]))


# -- forms


class WordForm(Form):
    """A word."""

    word = FormText(max_length=5)


class WordView(FormView):
    """Asks for a word."""

    form_class = WordForm
    template_name = "form.html"
    initial = {"word": "first"}
    success_url = reverse_lazy("albums")


def test_a_form_is_shown_again_until_it_is_right() -> None:
    view = WordView.as_view()
    assert text(ask(view)) == "first"
    wrong = text(ask(view, "POST", form={"word": "<too long>"}))
    assert "[" in wrong
    assert "&lt;too long&gt;" in wrong
    right = ask(view, "POST", form={"word": "good"})
    assert (right.status, right.headers["location"]) == (302, "/albums/")
    assert text(ask(WordView.as_view(prefix="p"), "POST", form={"p-word": "toolong"})).startswith("[")


def test_form_views_may_be_async() -> None:
    class Async(WordView):
        async def form_valid(self, form: Any) -> Response:  # type: ignore[override]  # hooks may be async
            await asyncio.sleep(0)
            return Response.text(form.cleaned_data["word"])

    assert text(ask(Async.as_view(), "POST", form={"word": "good"})) == "good"


def test_what_a_form_view_lacks_is_told() -> None:
    with pytest.raises(ViewConfigurationError, match="form_class"):
        ask(FormView.as_view(template_name="form.html"))
    with pytest.raises(ViewConfigurationError, match="success_url"):
        ask(FormView.as_view(template_name="form.html", form_class=WordForm), "POST", form={"word": "good"})


class AlbumForm(ModelForm[Album]):
    """An album."""

    class Meta:
        model = Album
        fields = ("title",)


def test_objects_are_made_from_named_fields_or_a_form() -> None:
    view = CreateView.as_view(model=Album, fields=["title", "slug", "year"])
    assert text(ask(view)) == ""
    assert "[" in text(ask(view, "POST", form={"title": "", "slug": "x", "year": "1"}))
    made = ask(view, "POST", form={"title": "Duke", "slug": "duke", "year": "1974"})
    duke = Album.objects.get(title="Duke")
    assert made.headers["location"] == f"/albums/{duke.pk}/"
    assert duke.year == 1974
    named = CreateView.as_view(model=Album, form_class=AlbumForm, success_url="/done/{pk}/")
    assert ask(named, "POST", form={"title": "Ella"}).headers["location"] == f"/done/{duke.pk + 1}/"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_view_that_makes_an_object_has_none_before(method: str) -> None:
    seen: list[object] = []

    class Making(CreateView[Album]):
        model = Album
        fields = ("title",)

        def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
            seen.append(self.object)
            return super().get_context_data(**kwargs)

    assert "[" in text(ask(Making.as_view(), method, form={"title": ""})) or method == "GET"
    assert seen == [None]


def test_fields_that_are_not_named_cannot_be_set() -> None:
    ask(CreateView.as_view(model=Album, fields=["title"], success_url="/"), "POST", form={"title": "E", "year": "1"})
    assert Album.objects.get(title="E").year == 1970
    for options, told in ((({}), "fields"), ({"fields": ["title"], "form_class": AlbumForm}, "both")):
        with pytest.raises(ViewConfigurationError, match=told):
            ask(CreateView.as_view(model=Album, **cast("Any", options)))


def test_objects_are_changed() -> None:
    blue = Album.objects.get(title="Blue")
    view = UpdateView.as_view(model=Album, fields=["title"])
    assert text(ask(view, pk=blue.pk)) == "Blue"
    assert "[" in text(ask(view, "POST", form={"title": "x" * 50}, pk=blue.pk))
    assert ask(view, "POST", form={"title": "Bleu"}, pk=blue.pk).headers["location"] == f"/albums/{blue.pk}/"
    assert Album.objects.get(pk=blue.pk).title == "Bleu"
    with pytest.raises(NotFound):
        ask(view, "POST", form={"title": "x"}, pk=999)


def test_objects_are_removed_after_a_question() -> None:
    blue = Album.objects.get(title="Blue")
    view = DeleteView.as_view(model=Album, success_url="/gone/{slug}/")
    assert text(ask(view, pk=blue.pk)) == "Remove Blue?"
    assert Album.objects.count() == 3
    assert ask(view, "POST", form={}, pk=blue.pk).headers["location"] == "/gone/blue/"
    assert not Album.objects.filter(pk=blue.pk).exists()
    chet = Album.objects.get(title="Chet")
    assert ask(view, "DELETE", pk=chet.pk).status == 302
    with pytest.raises(ViewConfigurationError, match="success_url"):
        ask(DeleteView.as_view(model=Album), "POST", form={}, slug="aja")
    assert Album.objects.count() == 1  # nothing is removed where it is not clear what comes next


def test_a_removal_may_have_a_form_that_must_be_right() -> None:
    view = DeleteView.as_view(
        model=Album, form_class=WordForm, success_url="/", template_name="form.html", on_loop=True
    )
    assert "[" in text(ask(view, "POST", form={"word": ""}, slug="aja"))
    assert Album.objects.filter(slug="aja").exists()
    ask(view, "POST", form={"word": "yes"}, slug="aja")
    assert not Album.objects.filter(slug="aja").exists()


def test_a_removal_without_fields_has_a_form_that_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    view = DeleteView.as_view(model=Album, success_url="/", template_name="question.html")
    assert text(ask(view, slug="aja")) == "Remove Aja?[]"
    monkeypatch.setitem(cast("dict[str, Any]", sys.modules), "partita.forms", None)  # as if it were not installed
    assert text(ask(view, slug="aja")) == "Remove Aja?[]"
    assert ask(view, "POST", form={}, slug="aja").status == 302
    assert not Album.objects.filter(slug="aja").exists()


def test_a_removal_asks_the_form_that_a_hook_gives() -> None:
    class Asking(DeleteView[Album]):
        model = Album
        success_url = "/"
        template_name = "question.html"

        def get_form(self, form_class: Any = None) -> Any:
            return super().get_form(WordForm)

    view = Asking.as_view()
    assert "form" not in text(ask(view, "POST", form={"word": ""}, slug="aja"))
    assert Album.objects.filter(slug="aja").exists()
    ask(view, "POST", form={"word": "yes"}, slug="aja")
    assert not Album.objects.filter(slug="aja").exists()


def test_methods_of_a_view_may_be_typed_as_awaitable() -> None:
    answer: Answer = Slow().get(Request.build("GET", "/"))
    assert isinstance(answer, Awaitable)
    assert asyncio.run(cast("Any", answer)).status == 200


def test_mixins_compose_with_views() -> None:
    class Same(SingleObjectMixin[Album], ListView[Album]):
        """Albums of the year of one album: one object, and a list."""

        template_name = "both.html"
        model = Album
        paginate_by = 2

        def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
            self.object = self.get_object(Album.objects.all())
            return super().get(request, *args, **kwargs)

        def get_queryset(self) -> Any:
            return Album.objects.filter(year=self.object.year)

    class Asking(FormMixin, DetailView[Album]):
        """An album with a form."""

        model = Album
        form_class = WordForm
        success_url = "/thanks/"

        def post(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
            self.object = self.get_object()
            form = self.get_form()
            return self.form_valid(form) if form.is_valid() else self.form_invalid(form)

    class Plain(ContextMixin, TemplateResponseMixin, View):
        """The smallest view with a template."""

        template_name = "page.html"
        extra_context = {"extra": "x"}

        def get(self, request: Request) -> Answer:
            return self.render_to_response(self.get_context_data(word="w"), status=201)

    Album.objects.filter(title="Aja").update(year=1977)
    assert text(ask(Same.as_view(), slug="blue")) == "Blue: Blue;Chet;"
    assert text(ask(Asking.as_view(), slug="aja")) == "Aja|Aja"
    assert text(ask(Asking.as_view(), "POST", form={"word": "toolong"}, slug="aja")) == "Aja|Aja"
    assert ask(Asking.as_view(), "POST", form={"word": "ok"}, slug="aja").headers["location"] == "/thanks/"
    answer = ask(Plain.as_view())
    assert (answer.status, text(answer)) == (201, "w x ")


def test_every_mixin_composes_with_a_plain_view() -> None:
    class Rows(MultipleObjectMixin[Album], View):
        """A list without a template."""

        model = Album
        paginate_by = 2
        ordering = "-title"

        def get(self, request: Request) -> Answer:
            context = self.get_context_data(object_list=self.get_queryset())
            return Response.text(f"{[row.title for row in context['album_list']]} {context['is_paginated']}")

    class Changing(SingleObjectTemplateResponseMixin, ModelFormMixin[Album], ProcessFormView):
        """Makes an album, or changes the one that is named."""

        model = Album
        fields = ("title", "slug")
        template_name_suffix = "_form"

        def setup(self, request: Request, *args: Any, **kwargs: Any) -> None:
            super().setup(request, *args, **kwargs)
            self.object = self.get_object() if kwargs else cast("Any", None)

    class Removing(DeletionMixin[Album], DetailView[Album]):
        """Shows an album, and removes it."""

        model = Album
        success_url = "/gone/{title}/"

    class Both(FormMixin, MultipleObjectMixin[Album], TemplateResponseMixin, ProcessFormView):
        """A list with a form below."""

        model = Album
        form_class = WordForm
        success_url = "/thanks/"
        template_name = "genericshop/album_list.html"

        def setup(self, request: Request, *args: Any, **kwargs: Any) -> None:
            super().setup(request, *args, **kwargs)
            self.object_list = self.get_queryset()

    assert text(ask(Rows.as_view())) == "['Chet', 'Blue'] True"
    assert text(ask(Rows.as_view(), url="/?page=2")) == "['Aja'] True"
    view = Changing.as_view()
    assert text(ask(view, slug="blue")) == "Blue"
    changed = ask(view, "POST", form={"title": "Bleu", "slug": "bleu"}, slug="blue")
    assert Album.objects.get(slug="bleu").get_absolute_url() == changed.headers["location"]
    ask(view, "PUT", form={"title": "Duke", "slug": "duke"})
    assert Album.objects.filter(slug="duke").exists()
    assert text(ask(Removing.as_view(), slug="duke")) == "Duke|Duke"
    assert ask(Removing.as_view(), "POST", slug="duke").headers["location"] == "/gone/Duke/"
    assert not Album.objects.filter(slug="duke").exists()
    assert text(ask(Both.as_view())) == "Aja;Bleu;Chet;"
    assert text(ask(Both.as_view(), "POST", form={"word": "toolong"})) == "Aja;Bleu;Chet;"
    assert ask(Both.as_view(), "POST", form={"word": "ok"}).headers["location"] == "/thanks/"


def test_a_lazy_address_is_not_looked_up_before_it_is_needed() -> None:
    def never() -> str:
        raise AssertionError("there is no application yet")

    class Lazy(FormView):
        success_url = LazyText(never)

    assert not Lazy.view_is_async()
    Lazy.as_view(extra_context={"next": LazyText(never)})


def test_mistakes_of_views_are_mistakes_of_the_configuration_and_the_builtin_errors_they_resemble() -> None:
    assert issubclass(ViewConfigurationError, ImproperlyConfigured)
    assert issubclass(WeekFormatError, ValueError)
    assert issubclass(NoLookupError, AttributeError)


@pytest.mark.parametrize(
    ("options", "method", "status", "location"),
    [
        ({"url": "/to/%(pk)d/%(name)s/"}, "GET", 302, "/to/7/a%23b/"),
        ({"url": "/to/", "permanent": True}, "HEAD", 301, "/to/"),
        ({"url": "/to/", "preserve_request": True}, "POST", 307, "/to/"),
        ({"url": "/to/", "query_string": True}, "GET", 302, "/to/?a=1"),
        ({}, "GET", 410, None),
    ],
)
def test_a_redirect_of_a_draft_is_a_draft(options: Any, method: str, status: int, location: str | None) -> None:
    draft = HttpRequest.of(Request.build(method, "/from/?a=1"))
    answered = RedirectView.as_view(**options)(draft, pk=7, name="a#b")
    assert isinstance(answered, HttpResponseBase)
    assert (answered.status_code, answered.get("location")) == (status, location)


def test_a_draft_gets_a_template_that_is_rendered_later_and_405_as_an_answer() -> None:
    view = TemplateView.as_view(template_name="page.html", extra_context={"a": 1})
    answered = view(HttpRequest.of(Request.build("GET", "/")))
    assert isinstance(answered, TemplateResponse)
    assert (answered.template_name, answered.is_rendered) == (["page.html"], False)
    assert answered.context_data is not None
    assert answered.context_data["a"] == 1
    refused = view(HttpRequest.of(Request.build("DELETE", "/")))
    assert (refused.status_code, refused["allow"]) == (405, "GET, HEAD, OPTIONS")
