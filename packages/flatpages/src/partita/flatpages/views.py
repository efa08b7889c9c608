"""The view that shows a flat page."""

from markupsafe import Markup

from partita.auth import USER, AnonymousUser
from partita.auth.decorators import redirect_to_login
from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES
from partita.flatpages.models import LONGEST_URL, FlatPage
from partita.flatpages.settings import flatpages_settings
from partita.http import NotFound, Request, Response
from partita.sites import Site, aget_current_site
from partita.templates import TemplateNotFound

__all__ = ("DEFAULT_TEMPLATE", "flatpage", "show")

DEFAULT_TEMPLATE = "flatpages/default.html"


async def flatpage(request: Request, url: str) -> Response:
    """Show the page of the current site with this URL.

    Args:
        request: Any.
        url: With or without the slash at its beginning.

    Raises:
        NotFound: If there is none.
    """
    wanted = url if url.startswith("/") else f"/{url}"
    page = await _find(request, wanted)
    if page is not None:
        return await show(request, page)
    if (
        flatpages_settings().append_slash
        and not wanted.endswith("/")
        and await _find(request, f"{wanted}/") is not None
    ):
        return Response.redirect(_with_slash(request), permanent=True)
    raise NotFound("There is no such page.")


flatpage.takes_draft = False  # type: ignore[attr-defined]  # a mark for the application


async def show(request: Request, page: FlatPage) -> Response:
    """Show a page; those that are for users only send others to the login.

    The template is the page's own or else ``flatpages/default.html``, and has ``flatpage``, whose title and content are HTML.
    """
    if page.registration_required:
        user = request.state.get(USER) or AnonymousUser()
        if not user.is_authenticated:
            return redirect_to_login(request)
    values = vars(page)  # as HTML for the template, but not as something that could be saved
    shown = FlatPage(**{field.attname: values[field.attname] for field in page._meta.fields})
    vars(shown).update(title=Markup(page.title), content=Markup(page.content))
    engine = require(TEMPLATES)
    context = {"flatpage": shown}
    try:
        text = await engine.arender(page.template_name or DEFAULT_TEMPLATE, context, request)
    except TemplateNotFound as error:
        if error.name != page.template_name or not page.template_name:  # one that the template includes is missing
            raise
        text = await engine.arender(DEFAULT_TEMPLATE, context, request)
    return Response.html(text)


async def _find(request: Request, url: str) -> FlatPage | None:
    if len(url) > LONGEST_URL or "\x00" in url:
        return None  # no page has such a URL, so the database need not be asked
    try:
        site = await aget_current_site(request)
    except Site.DoesNotExist:
        return None
    if not isinstance(site, Site):
        return None
    return await FlatPage.objects.filter(url=url, sites=site).order_by("pk").afirst()


def _with_slash(request: Request) -> str:
    path, mark, query = request.full_path.partition("?")
    return f"/{path.lstrip('/')}/{mark}{query}"  # two slashes would begin a host
