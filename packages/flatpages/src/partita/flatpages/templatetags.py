"""The tag ``{% get_flatpages %}``: the flat pages of the current site, for menus."""

from inspect import signature

from partita.flatpages.errors import SetupError
from partita.flatpages.models import FlatPage
from partita.orm import QuerySet
from partita.sites import NoSiteNamed, Site, get_current_site
from partita.sites.models import SiteManager
from partita.templates import Context, Library, Node, Parser, TemplateSyntaxError, Token
from partita.templates.library import SimpleNode, parse_arguments

__all__ = ("pages", "register")

register = Library()
_SIGNATURE = signature(lambda prefix=None, user=None: None)


def pages(context: Context, prefix: str | None = None, user: object = None) -> QuerySet[FlatPage]:
    """Return the pages of the current site that ``user`` may see.

    Args:
        context: Of the template; its request says which site is meant unless the settings do.
        prefix: How their URLs begin.
        user: Nobody unless given; pages for users only are left out for those who have not logged in.

    Raises:
        SetupError: If it cannot be told which site is meant.
    """
    request = context.get("request", context.request)
    try:
        site = _site(request)
    except Site.DoesNotExist:
        return FlatPage.objects.none()
    except NoSiteNamed as error:
        raise SetupError(f"get_flatpages: {error}") from error
    found = FlatPage.objects.filter(sites=site)
    if not getattr(user, "is_authenticated", False):
        found = found.filter(registration_required=False)
    return found if prefix is None else found.filter(url__startswith=prefix)


def _site(request: object) -> Site:
    if request is not None:
        found = get_current_site(request)
        if isinstance(found, Site):
            return found
    sites: SiteManager = Site.objects
    return sites.get_current()


@register.tag("get_flatpages")
def get_flatpages(parser: Parser, token: Token) -> Node:
    """``{% get_flatpages "/about/" for user as pages %}``; the prefix and the user may be left out."""
    words = token.split_contents()
    wrong = TemplateSyntaxError(
        f"{words[0]} expects a syntax of {words[0]} ['url_starts_with'] [for user] as context_name"
    )
    if not 3 <= len(words) <= 6 or words[-2] != "as":
        raise wrong
    given, target = words[1:-2], words[-1]
    arguments: list[str] = []
    if len(given) >= 2:
        if given[-2] != "for":
            raise wrong
        arguments.append(f"user={given[-1]}")
        given = given[:-2]
    if len(given) > 1:
        raise wrong
    arguments += [f"prefix={word}" for word in given]
    args, kwargs = parse_arguments(parser, arguments, words[0], _SIGNATURE)
    return SimpleNode(pages, True, args, kwargs, target)
