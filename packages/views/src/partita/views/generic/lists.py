"""Views of many objects."""

from collections.abc import Sequence
from typing import Any, Generic, TypeVar, cast

from partita.contracts.i18n import gettext
from partita.http import NotFound, Request
from partita.views.errors import InvalidPage, ViewConfigurationError
from partita.views.generic.base import Answer, ContextMixin, TemplateResponseMixin, View, asked, settle
from partita.views.generic.detail import all_rows, model_options
from partita.views.paginator import Page, Paginator

__all__ = ("BaseListView", "ListView", "MultipleObjectMixin", "MultipleObjectTemplateResponseMixin")

M = TypeVar("M")


class MultipleObjectMixin(ContextMixin, Generic[M]):
    """Finds objects, page by page if `paginate_by` is set."""

    allow_empty: bool = True
    """Whether an empty list is shown; otherwise it is 404."""
    queryset: Any = None
    """Instead of `model`: a query set, of which each request takes a fresh copy; or a list."""
    model: type[M] | None = None
    paginate_by: int | None = None
    paginate_orphans: int = 0
    context_object_name: str | None = None
    """The list's name in the template, besides ``object_list``; by default ``album_list`` for the model ``Album``."""
    paginator_class: type[Paginator[Any]] = Paginator
    page_kwarg: str = "page"
    ordering: str | Sequence[str] | None = None

    request: Request
    kwargs: dict[str, Any]
    object_list: Any

    def get_queryset(self) -> Any:
        """Return the objects.

        Raises:
            ViewConfigurationError: If neither `model` nor `queryset` is set.
        """
        rows = all_rows(self, self.queryset, self.model)
        ordering = self.get_ordering()
        if ordering:
            rows = rows.order_by(*([ordering] if isinstance(ordering, str) else ordering))
        return rows

    def get_ordering(self) -> str | Sequence[str] | None:
        """Return the fields to sort by."""
        return self.ordering

    def paginate_queryset(self, queryset: Any, page_size: int) -> tuple[Paginator[M], Page[M], Any, bool]:
        """Return the paginator, the page that is asked for, its objects, and whether there are others.

        Raises:
            NotFound: If there is no such page.
        """
        paginator = self.get_paginator(
            queryset, page_size, orphans=self.get_paginate_orphans(), allow_empty_first_page=self.get_allow_empty()
        )
        wanted = self.kwargs.get(self.page_kwarg) or asked(self.request, self.page_kwarg) or 1
        try:
            page = paginator.page(paginator.num_pages if wanted == "last" else wanted)
        except InvalidPage as error:
            raise NotFound(str(error)) from error
        return paginator, page, page.object_list, page.has_other_pages()

    def get_paginate_by(self, queryset: Any) -> int | None:
        """Return how many objects stand on a page; None shows all on one."""
        return self.paginate_by

    def get_paginator(
        self, queryset: Any, per_page: int, orphans: int = 0, allow_empty_first_page: bool = True, **kwargs: Any
    ) -> Paginator[M]:
        """Return a paginator.

        Args:
            queryset: The objects.
            per_page: See `Paginator`, as for the others.
            orphans: See `Paginator`.
            allow_empty_first_page: See `Paginator`.
            kwargs: Whatever else `paginator_class` takes.
        """
        return self.paginator_class(
            queryset, per_page, orphans=orphans, allow_empty_first_page=allow_empty_first_page, **kwargs
        )

    def get_paginate_orphans(self) -> int:
        """Return how many objects on the last page join the one before it."""
        return self.paginate_orphans

    def get_allow_empty(self) -> bool:
        """Tell whether an empty list is shown."""
        return self.allow_empty

    def get_context_object_name(self, object_list: Any) -> str | None:
        """Return the list's name in the template."""
        if self.context_object_name:
            return self.context_object_name
        options = model_options(getattr(object_list, "model", None))
        return None if options is None else f"{options.model_name}_list"

    def get_context_data(self, *, object_list: Any = None, **kwargs: Any) -> dict[str, Any]:
        """Return the names for the template: ``object_list``, ``page_obj``, ``paginator``, ``is_paginated``."""
        rows = self.object_list if object_list is None else object_list
        name = self.get_context_object_name(rows)
        size = self.get_paginate_by(rows)
        context: dict[str, Any] = {"paginator": None, "page_obj": None, "is_paginated": False}
        if size:
            paginator, page, rows, others = self.paginate_queryset(rows, size)
            context = {"paginator": paginator, "page_obj": page, "is_paginated": others}
        context["object_list"] = rows
        if name:
            context[name] = rows
        return super().get_context_data(**{**context, **kwargs})


class BaseListView(MultipleObjectMixin[M], View):
    """Finds objects and hands them on."""

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Answer:
        """Answer with the objects.

        Raises:
            NotFound: If there are none and `allow_empty` is off.
        """
        self.object_list = settle(self.get_queryset())
        if not self.get_allow_empty() and not has_rows(self.object_list, self.get_paginate_by(self.object_list)):
            raise NotFound(gettext("The list is empty."))
        return cast("Answer", self.render_to_response(settle(self.get_context_data())))

    def render_to_response(self, context: dict[str, Any], **response_kwargs: Any) -> Any:
        """Answer with a context; a mixin or the view itself says how."""
        raise ViewConfigurationError(f"{type(self).__name__} has no render_to_response()")


class MultipleObjectTemplateResponseMixin(TemplateResponseMixin):
    """Answers with a template named for the objects' model, such as ``shop/album_list.html``."""

    template_name_suffix: str = "_list"

    def get_template_names(self) -> list[str]:
        """Return `template_name` and the one named for the model."""
        names = [] if self.template_name is None else [self.template_name]
        options = model_options(getattr(getattr(self, "object_list", None), "model", None))
        if options is not None:
            names.append(f"{options.app_label}/{options.model_name}{self.template_name_suffix}.html")
        return names or super().get_template_names()


class ListView(MultipleObjectTemplateResponseMixin, BaseListView[M]):
    """Shows a list of objects."""


def has_rows(rows: Any, page_size: int | None) -> bool:
    """Tell whether there are any: where only a page is shown, by asking for one; else by reading all, which are needed anyway."""
    exists = getattr(rows, "exists", None) if page_size else None
    return bool(exists() if callable(exists) else rows)
