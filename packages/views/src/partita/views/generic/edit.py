"""Views with a form."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from partita.http import Request, Response
from partita.http.drafts import HttpRequest, HttpResponseRedirect
from partita.views.errors import ViewConfigurationError
from partita.views.generic.base import Answer, ContextMixin, TemplateResponseMixin, View, own_path, quoted, settle
from partita.views.generic.detail import (
    BaseDetailView,
    SingleObjectMixin,
    SingleObjectTemplateResponseMixin,
    model_options,
)

__all__ = (
    "BaseCreateView",
    "BaseDeleteView",
    "BaseFormView",
    "BaseUpdateView",
    "CreateView",
    "DeleteView",
    "DeletionMixin",
    "FormMixin",
    "FormView",
    "ModelFormMixin",
    "ProcessFormView",
    "UpdateView",
    "sent_form",
)

M = TypeVar("M")


class FormMixin(ContextMixin):
    """Makes a form, and says what comes after it."""

    initial: dict[str, Any] = {}
    """What the fields show at first."""
    form_class: Callable[..., Any] | None = None
    success_url: object = None
    """Where to go when all is well: a URL, also a lazy one."""
    prefix: str | None = None

    request: Request

    def get_initial(self) -> dict[str, Any]:
        """Return what the fields show at first."""
        return dict(self.initial)

    def get_prefix(self) -> str | None:
        """Return what stands before the names of the fields."""
        return self.prefix

    def get_form_class(self) -> Callable[..., Any]:
        """Return the form.

        Raises:
            ViewConfigurationError: If there is none.
        """
        if self.form_class is None:
            raise ViewConfigurationError(f"{type(self).__name__} needs form_class, or get_form_class()")
        return self.form_class

    def get_form(self, form_class: Callable[..., Any] | None = None) -> Any:
        """Return a form for this request."""
        return (form_class or settle(self.get_form_class()))(**settle(self.get_form_kwargs()))

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the arguments for the form; with what was sent, if something was."""
        kwargs: dict[str, Any] = {"initial": settle(self.get_initial()), "prefix": self.get_prefix()}
        if self.request.method in {"POST", "PUT"}:
            kwargs |= sent_form(self.request)
        return kwargs

    def get_success_url(self) -> str:
        """Return where to go when all is well.

        Raises:
            ViewConfigurationError: If `success_url` is not set.
        """
        if not self.success_url:
            raise ViewConfigurationError(f"{type(self).__name__} needs success_url, or get_success_url()")
        return str(self.success_url)

    def form_valid(self, form: Any) -> Response:
        """Answer a form that is right."""
        return HttpResponseRedirect(settle(self.get_success_url()))

    def form_invalid(self, form: Any) -> Response:
        """Answer a form that is wrong: show it again, with its errors."""
        return cast("Response", cast("Any", self).render_to_response(settle(self.get_context_data(form=form))))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the names for the template, among them ``form``."""
        if "form" not in kwargs:
            kwargs["form"] = settle(self.get_form())
        return super().get_context_data(**kwargs)


class ModelFormMixin(FormMixin, SingleObjectMixin[M], Generic[M]):
    """Makes a form for an object, and saves it."""

    fields: Sequence[str] | str | None = None
    """Names of the fields to edit, or ``"__all__"``, if there is no `form_class`."""

    def get_form_class(self) -> Callable[..., Any]:
        """Return the form, made from `fields` if there is none.

        Raises:
            ViewConfigurationError: If there are neither, or both.
        """
        if self.form_class is not None:
            if self.fields is not None:
                raise ViewConfigurationError(f"{type(self).__name__} has both form_class and fields; give one of them")
            return self.form_class
        if self.fields is None:
            raise ViewConfigurationError(f"{type(self).__name__} needs form_class, or fields (a list, or '__all__')")
        from partita.forms.models import modelform_factory  # an extra: views without forms do without it

        obj = getattr(self, "object", None)
        model: Any = self.model or (type(obj) if obj is not None else settle(self.get_queryset()).model)
        return cast("Callable[..., Any]", modelform_factory(model, fields=self.fields))

    def get_form_kwargs(self) -> dict[str, Any]:
        """Return the arguments for the form, among them the object."""
        kwargs = super().get_form_kwargs()
        if hasattr(self, "object"):
            kwargs["instance"] = self.object
        return kwargs

    def get_success_url(self) -> str:
        """Return `success_url`, with ``{name}`` for attributes of the object, or the object's own page.

        Raises:
            ViewConfigurationError: If there is neither.
        """
        if self.success_url:
            return _filled(self.success_url, self.object)
        return _own_page(self, self.object)

    def form_valid(self, form: Any) -> Response:
        """Save the object, and go on."""
        self.object = form.save()
        return super().form_valid(form)


class ProcessFormView(View):
    """Shows a form, and takes it."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Show the form."""
        view = cast("Any", self)
        return cast("Answer", view.render_to_response(settle(view.get_context_data())))

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Take the form."""
        view = cast("Any", self)
        form = settle(view.get_form())
        return cast("Answer", settle(view.form_valid(form) if form.is_valid() else view.form_invalid(form)))

    def put(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Do the same as ``post``."""
        return self.post(request, *args, **kwargs)


class BaseFormView(FormMixin, ProcessFormView):
    """A form, without a template."""


class FormView(TemplateResponseMixin, BaseFormView):
    """Shows a form; when it is right, calls ``form_valid(form)`` and redirects."""


class BaseCreateView(ModelFormMixin[M], ProcessFormView):
    """Makes an object, without a template; ``self.object`` is None until the form has saved one."""

    def setup(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Keep what the other methods need."""
        super().setup(request, *args, **kwargs)
        self.object = cast("Any", None)


class CreateView(SingleObjectTemplateResponseMixin, BaseCreateView[M]):
    """Makes an object."""

    template_name_suffix = "_form"


class BaseUpdateView(ModelFormMixin[M], ProcessFormView):
    """Changes an object, without a template."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Show the form."""
        self.object = settle(self.get_object())
        return super().get(request, *args, **kwargs)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Take the form."""
        self.object = settle(self.get_object())
        return super().post(request, *args, **kwargs)


class UpdateView(SingleObjectTemplateResponseMixin, BaseUpdateView[M]):
    """Changes an object."""

    template_name_suffix = "_form"


class DeletionMixin(Generic[M]):
    """Removes an object."""

    success_url: Any = None
    object: M

    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Remove the object, and go on."""
        view = cast("Any", self)
        self.object = settle(view.get_object())
        url = settle(self.get_success_url())
        cast("Any", self.object).delete()
        return HttpResponseRedirect(url)

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Remove the object, and go on."""
        return self.delete(request, *args, **kwargs)

    def get_success_url(self) -> str:
        """Return `success_url`, with ``{name}`` for attributes of the object that is removed.

        Raises:
            ViewConfigurationError: If it is not set.
        """
        if not self.success_url:
            raise ViewConfigurationError(f"{type(self).__name__} needs success_url, or get_success_url()")
        return _filled(self.success_url, self.object)


class BaseDeleteView(DeletionMixin[M], FormMixin, BaseDetailView[M]):
    """Removes an object, without a template; with a `form_class`, only if that form is right."""

    object: M

    def get_form_class(self) -> Callable[..., Any]:
        """Return the form; unless there is a `form_class`, one without fields."""
        if self.form_class is not None:
            return self.form_class
        try:
            from partita.forms import Form
        except ModuleNotFoundError:  # an extra, which a question with a button does without
            return _Question
        return Form

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Remove the object if the form is right."""
        self.object = settle(self.get_object())
        form = settle(self.get_form())
        return settle(self.form_valid(form) if form.is_valid() else self.form_invalid(form))

    def form_valid(self, form: Any) -> Response:
        """Remove the object, and go on."""
        url = settle(self.get_success_url())
        cast("Any", self.object).delete()
        return HttpResponseRedirect(url)


class DeleteView(SingleObjectTemplateResponseMixin, BaseDeleteView[M]):
    """Asks whether an object shall be removed, and removes it."""

    template_name_suffix = "_confirm_delete"


def sent_form(request: Request | HttpRequest) -> dict[str, Any]:
    """Return what was sent, as a form takes it: ``data`` and ``files``."""
    if isinstance(request, HttpRequest) and request.method == "POST":
        # Which somebody may have put in the place of what came, and which goes by the draft's own upload handlers.
        return {"data": request.POST, "files": request.FILES}
    sent = request.form()
    return {"data": sent, "files": sent.files}


class _Question:
    """Stands for a form without fields."""

    errors: Mapping[str, Sequence[str]] = {}

    def __init__(self, **options: object) -> None:
        """Take what a form takes."""

    def __str__(self) -> str:
        return ""

    def is_valid(self) -> bool:
        """Tell that nothing is wrong."""
        return True


def _filled(url: object, obj: Any) -> str:
    template = str(url)
    values = {"pk": getattr(obj, "pk", None), **vars(obj)}
    if template.startswith("{"):  # the object knows the whole of it
        return template.format(**values)
    # What people typed into a field must neither lead to another host nor become a query.
    return own_path(
        template,
        template.format(**{name: quoted(each) if isinstance(each, str) else each for name, each in values.items()}),
    )


def _own_page(view: object, obj: Any) -> str:
    page = getattr(obj, "get_absolute_url", None)
    if page is None:
        options = model_options(obj)
        name = type(obj).__name__ if options is None else options.label
        raise ViewConfigurationError(f"{type(view).__name__} needs success_url, or {name} a get_absolute_url()")
    return str(page())
