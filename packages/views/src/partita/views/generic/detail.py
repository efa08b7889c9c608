"""Views of one object."""

from typing import Any, Generic, TypeVar, cast

from partita.http import NotFound, Request
from partita.views.errors import NoLookupError, ViewConfigurationError
from partita.views.generic.base import Answer, ContextMixin, TemplateResponseMixin, View, settle

__all__ = (
    "BaseDetailView",
    "DetailView",
    "SingleObjectMixin",
    "SingleObjectTemplateResponseMixin",
    "all_rows",
    "model_options",
)

M = TypeVar("M")


class SingleObjectMixin(ContextMixin, Generic[M]):
    """Finds one object by what the route captured."""

    model: type[M] | None = None
    queryset: Any = None
    """Instead of `model`: a query set, of which each request takes a fresh copy."""
    slug_field: str = "slug"
    slug_url_kwarg: str = "slug"
    pk_url_kwarg: str = "pk"
    query_pk_and_slug: bool = False
    """Whether both must fit where the route captures both."""
    context_object_name: str | None = None
    """The object's name in the template, besides ``object``; by default that of the model in lower case."""

    kwargs: dict[str, Any]
    object: M

    def get_object(self, queryset: Any = None) -> M:
        """Return the object.

        Raises:
            NotFound: If there is none.
            ViewConfigurationError: If the route captures neither a key nor a slug.
        """
        rows = settle(self.get_queryset()) if queryset is None else queryset
        key, slug = self.kwargs.get(self.pk_url_kwarg), self.kwargs.get(self.slug_url_kwarg)
        look_ups: dict[str, Any] = {}
        if key is not None:
            look_ups["pk"] = key
        if slug is not None and (key is None or self.query_pk_and_slug):
            look_ups[self.get_slug_field()] = slug
        if not look_ups:
            raise NoLookupError(
                f"{type(self).__name__} needs <...:{self.pk_url_kwarg}> or <slug:{self.slug_url_kwarg}> in its route"
            )
        try:
            return cast("M", rows.get(**look_ups))
        except (rows.model.DoesNotExist, ValueError) as error:
            if isinstance(error, ValueError) and not isinstance(key, str):
                raise  # only text of an address, as in <str:pk>, may be none of the values that a key can have
            raise NotFound(f"There is no such {model_options(rows.model).verbose_name}.") from error

    def get_queryset(self) -> Any:
        """Return the query set to look in.

        Raises:
            ViewConfigurationError: If neither `model` nor `queryset` is set.
        """
        return all_rows(self, self.queryset, self.model)

    def get_slug_field(self) -> str:
        """Return the name of the field to compare the slug with."""
        return self.slug_field

    def get_context_object_name(self, obj: Any) -> str | None:
        """Return the object's name in the template."""
        if self.context_object_name:
            return self.context_object_name
        options = model_options(obj)
        return None if options is None else str(options.model_name)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Return the names for the template, among them ``object``."""
        context: dict[str, Any] = {}
        obj = getattr(self, "object", None)
        if obj is not None:
            context["object"] = obj
            name = self.get_context_object_name(obj)
            if name:
                context[name] = obj
        return super().get_context_data(**{**context, **kwargs})


class BaseDetailView(SingleObjectMixin[M], View):
    """Finds an object and hands it on."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Answer with the object."""
        self.object = settle(self.get_object())
        return cast("Answer", self.render_to_response(settle(self.get_context_data(object=self.object))))

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> Any:
        """Answer with a context; a mixin or the view itself says how."""
        raise ViewConfigurationError(f"{type(self).__name__} has no render_to_response()")


class SingleObjectTemplateResponseMixin(TemplateResponseMixin):
    """Answers with a template named for the object's model, such as ``shop/album_detail.html``."""

    template_name_field: str | None = None
    """A field of the object that holds the name of a template to try first."""
    template_name_suffix: str = "_detail"

    def get_template_names(self) -> list[str]:
        """Return `template_name`, or the object's own and that of its model."""
        if self.template_name is not None:
            return [self.template_name]
        names: list[str] = []
        obj = getattr(self, "object", None)
        if obj is not None and self.template_name_field:
            own = getattr(obj, self.template_name_field, None)
            names += [own] if own else []
        options = model_options(obj if obj is not None else getattr(self, "model", None))
        if options is not None:
            names.append(f"{options.app_label}/{options.model_name}{self.template_name_suffix}.html")
        return names or super().get_template_names()


class DetailView(SingleObjectTemplateResponseMixin, BaseDetailView[M]):
    """Shows one object."""


def all_rows(view: object, queryset: Any, model: Any) -> Any:
    """Return a fresh query set.

    Raises:
        ViewConfigurationError: If there is neither a query set nor a model.
    """
    if queryset is not None:
        return queryset.all() if callable(getattr(queryset, "all", None)) else queryset
    if model is None:
        raise ViewConfigurationError(f"{type(view).__name__} needs model or queryset, or get_queryset()")
    return model._default_manager.all()


def model_options(of: Any) -> Any:
    """Return the options of a model or of one of its objects; None if it is something else."""
    return getattr(of, "_meta", None)
