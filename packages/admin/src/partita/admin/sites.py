"""A site: which models it administers, who may enter, and how its pages are reached."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial, wraps
from typing import Any, TypeVar

import msgspec

from partita import bridge
from partita.admin import pages
from partita.admin.errors import AlreadyRegistered, NotRegistered
from partita.admin.notices import take_notices
from partita.admin.options import ModelAdmin
from partita.auth import USER, aget_user, alogin, alogout, login_not_required, redirect_to_login
from partita.auth.forms import LoginForm
from partita.auth.views import safe_target
from partita.contracts.current import require
from partita.contracts.i18n import LazyText, gettext, gettext_lazy
from partita.contracts.templates import TEMPLATES
from partita.http import MethodNotAllowed, Request, Response
from partita.orm import Model
from partita.urls import Route, path, reverse

__all__ = ("AdminSite", "AppEntry", "ModelEntry", "register", "site")

A = TypeVar("A", bound=type[ModelAdmin])
Page = Callable[..., Response]


class ModelEntry(msgspec.Struct, frozen=True):
    """One line of the sidebar; no `add_url` means that the user may not add."""

    name: str
    singular: str
    url: str
    add_url: str
    is_current: bool
    is_page: bool


class AppEntry(msgspec.Struct, frozen=True):
    """The models of one app."""

    label: str
    name: str
    url: str
    models: list[ModelEntry]


class _StaffLoginForm(LoginForm):
    """Lets in who may enter the site; to others it says what it says to everybody."""

    may_enter: Callable[[Any], bool]

    def clean(self) -> None:
        super().clean()
        if self.user is not None and not self.may_enter(self.user):
            self.user = None
            raise self.invalid_login()


class AdminSite:
    """A site of its own; most applications use the one called `site`.

    Args:
        name: The namespace of its URLs, such as ``admin``.
        header: Stands at the top of each page.
        title: Stands behind each page's title.
        index_title: The title of the first page.
        site_url: Where "View site" leads; empty for no link.
    """

    def __init__(
        self,
        name: str = "admin",
        *,
        header: str | LazyText = gettext_lazy("Administration"),
        title: str | LazyText = gettext_lazy("Administration"),
        index_title: str | LazyText = gettext_lazy("Overview"),
        site_url: str = "/",
    ) -> None:
        self.name, self.header, self.title = name, header, title
        self.index_title, self.site_url = index_title, site_url
        self._admins: dict[type[Model], ModelAdmin] = {}

    # -- models -----------------------------------------------------------------------------------------------------

    def register(
        self, models: type[Model] | Iterable[type[Model]], admin_class: type[ModelAdmin] | None = None, **options: Any
    ) -> None:
        """Administer ``models``.

        Args:
            models: One or several.
            admin_class: How; the plain `ModelAdmin` unless given.
            options: Attributes of the class, to spare writing one.

        Raises:
            AlreadyRegistered: If one of them is registered.
        """
        kind = admin_class or ModelAdmin
        for model in [models] if isinstance(models, type) else models:
            if model in self._admins:
                raise AlreadyRegistered(model._meta.label, self.name)
            chosen = type(f"{model.__name__}Admin", (kind,), options) if options else kind
            self._admins[model] = chosen(model, self)

    def unregister(self, models: type[Model] | Iterable[type[Model]]) -> None:
        """Administer ``models`` no more.

        Raises:
            NotRegistered: If one of them is not registered.
        """
        for model in [models] if isinstance(models, type) else models:
            self.get_model_admin(model)
            del self._admins[model]

    def is_registered(self, model: type[Model]) -> bool:
        """Tell whether ``model`` is administered here."""
        return model in self._admins

    def get_model_admin(self, model: type[Model]) -> ModelAdmin:
        """Return how ``model`` is administered.

        Raises:
            NotRegistered: If it is not.
        """
        try:
            return self._admins[model]
        except KeyError:
            raise NotRegistered(model._meta.label, self.name) from None

    def find_model_admin(self, model: type[Model]) -> ModelAdmin | None:
        """Return how ``model`` is administered, or None."""
        return self._admins.get(model)

    def find_by_name(self, app_label: str, model_name: str) -> ModelAdmin | None:
        """Return how the model with these names, as they stand in addresses, is administered, or None."""
        for model, admin in self._admins.items():
            if (model._meta.app_label, model._meta.model_name) == (app_label, model_name):
                return admin
        return None

    @property
    def model_admins(self) -> tuple[ModelAdmin, ...]:
        """How the registered models are administered, in the order of registration."""
        return tuple(self._admins.values())

    # -- who may ----------------------------------------------------------------------------------------------------

    def has_permission(self, request: Request) -> bool:
        """Tell whether the user may enter."""
        return self._may_enter(request[USER])

    def _may_enter(self, user: Any) -> bool:
        return bool(user.is_active and user.is_staff)

    def admin_view(self, page: Page) -> Callable[..., Awaitable[Response]]:
        """Return a view that calls ``page`` for those who may enter, and sends others to the login.

        Args:
            page: A function of the request; it may wait for the database, for it runs beneath `partita.bridge`.
        """

        @login_not_required  # the site asks for its own login
        @wraps(page)
        async def view(request: Request, **names: Any) -> Response:
            await aget_user(request)
            if not self.has_permission(request):
                return redirect_to_login(request, self.url("login"))
            await request.aform()
            response = await bridge.run(page, request, **names)
            return response.with_header("cache-control", "no-store")

        return view

    @login_not_required
    async def login(self, request: Request) -> Response:
        """Show the login, and let in who may enter."""
        user = await aget_user(request)
        data = await request.aform()
        target = safe_target(request, data.get("next") or request.query.get("next"))
        if request.method != "POST" and self._may_enter(user):
            return Response.redirect(target or self.url("index")).with_header("cache-control", "no-store")
        form = _StaffLoginForm(data if request.method == "POST" else None, request=request)
        form.may_enter = self._may_enter
        if request.method == "POST" and await bridge.run(form.is_valid) and form.user is not None:
            await alogin(request, form.user)
            return Response.redirect(target or self.url("index")).with_header("cache-control", "no-store")
        refused = str(user) if user.is_authenticated else ""
        context = {"site": self, "title": gettext("Log in"), "form": form, "next": target or "", "refused": refused}
        html = await require(TEMPLATES).arender("admin/login.html", context, request)
        return Response.html(html).with_header("cache-control", "no-store")

    @login_not_required
    async def logout(self, request: Request) -> Response:
        """Log out and lead back to the login."""
        if request.method != "POST":
            raise MethodNotAllowed(["POST"])
        await alogout(request)
        return Response.redirect(self.url("login")).with_header("cache-control", "no-store")

    # -- addresses --------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[Route]:
        """Return the routes; to add pages of your own, put them in front of these, made with `admin_view`."""
        model = "<slug:app_label>/<slug:model_name>/"
        return [
            path("", self._page(pages.index), name="index"),
            path("login/", self.login, name="login"),
            path("logout/", self.logout, name="logout"),
            path("<slug:app_label>/", self._page(pages.app_index), name="app"),
            path(model, self._page(pages.changelist), name="changelist"),
            path(f"{model}add/", self._page(pages.add), name="add"),
            path(f"{model}<slug:key>/change/", self._page(pages.change), name="change"),
            path(f"{model}<slug:key>/delete/", self._page(pages.delete), name="delete"),
        ]

    @property
    def urls(self) -> tuple[list[Route], str, str]:
        """What goes into ``path("admin/", site.urls)``."""
        return self.get_urls(), "admin", self.name

    def _page(self, page: Callable[..., Response]) -> Callable[..., Awaitable[Response]]:
        return self.admin_view(wraps(page)(partial(page, self)))

    def url(self, name: str, **names: object) -> str:
        """Return the path of one of the site's pages."""
        return reverse(f"{self.name}:{name}", kwargs=names)

    # -- pages ------------------------------------------------------------------------------------------------------

    def get_app_list(self, request: Request) -> list[AppEntry]:
        """Return the apps with the models that the user may see, by name."""
        apps: dict[str, list[ModelEntry]] = {}
        for admin in self._admins.values():
            if admin.has_module_permission(request):
                apps.setdefault(admin.opts.app_label, []).append(self._entry(admin, request))
        entries = [
            AppEntry(label, _name_of_app(label), self.url("app", app_label=label), sorted(models, key=_by_name))
            for label, models in apps.items()
        ]
        return sorted(entries, key=_by_name)

    def _entry(self, admin: ModelAdmin, request: Request) -> ModelEntry:
        url = admin.url_for("changelist")
        name = admin.plural[:1].upper() + admin.plural[1:]
        add_url = admin.url_for("add") if admin.has_add_permission(request) else ""
        here = request.root_path + request.path
        return ModelEntry(name, admin.singular, url, add_url, here.startswith(url), here == url)

    def each_context(self, request: Request) -> dict[str, object]:
        """Return what every page's template gets."""
        return {
            "site": self,
            "admin_user": str(request[USER]),
            "app_list": self.get_app_list(request),
            "index_url": self.url("index"),
            "logout_url": self.url("logout"),
            "notices": take_notices(request),
        }

    def render(
        self,
        request: Request,
        template: str | Sequence[str],
        context: Mapping[str, object],
        *,
        admin: ModelAdmin | None = None,
        way: Sequence[tuple[str, str]] = (),
    ) -> Response:
        """Return a page.

        Args:
            request: Who asks.
            template: Its name, or names of which the first there is gets taken.
            context: What it shows, besides `each_context`.
            admin: The model it is about.
            way: Text and URL of the breadcrumbs behind the model's; the page itself has no URL.
        """
        crumbs = [(gettext("Overview"), self.url("index"))]
        if admin is not None:
            label = admin.opts.app_label
            name = admin.plural[:1].upper() + admin.plural[1:]
            crumbs += [(_name_of_app(label), self.url("app", app_label=label))]
            crumbs += [(name, admin.url_for("changelist") if way else "")]
        crumbs += way
        shown = [{"text": text, "url": url} for text, url in crumbs] if len(crumbs) > 1 else []
        values = {**self.each_context(request), "breadcrumbs": shown, **context}
        engine = require(TEMPLATES)
        names = [template] if isinstance(template, str) else list(template)
        for name in names[:-1]:
            if _exists(engine, name):
                return Response.html(engine.render(name, values, request))
        return Response.html(engine.render(names[-1], values, request))


def _exists(engine: object, name: str) -> bool:
    find = getattr(engine, "get_template", None)
    if find is None:
        return False
    try:
        find(name)
    except LookupError:
        return False
    return True


def _by_name(entry: ModelEntry | AppEntry) -> str:
    return entry.name.casefold()


def _name_of_app(label: str) -> str:
    return label.replace("_", " ").capitalize()


site = AdminSite()
"""The site that `register` uses unless told otherwise."""


def register(*models: type[Model], site: AdminSite = site) -> Callable[[A], A]:
    """Register the decorated `ModelAdmin` for ``models``.

    Args:
        models: One or several.
        site: Where.
    """

    def decorate(admin_class: A) -> A:
        site.register(models, admin_class)
        return admin_class

    return decorate
