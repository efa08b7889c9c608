"""The template tags ``{% csrf_token %}`` and ``{% consent_banner %}``."""

from markupsafe import Markup

from partita.http.drafts import HttpRequest
from partita.http.request import Request
from partita.security.csrf import FIELD_NAME, get_token
from partita.templates import Context, Library

__all__ = ("consent_banner", "csrf_token", "register")

register = Library()


@register.simple_tag(takes_context=True)
def csrf_token(context: Context) -> Markup:
    """Write the hidden field that proves that a form is ours; nothing without a request."""
    request = context.get("request")
    if not isinstance(request, Request | HttpRequest):
        return Markup()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD_NAME, get_token(request))


@register.simple_tag(takes_context=True)
def consent_banner(context: Context) -> Markup:
    """Write the banner that asks for consent, for visitors who have not decided; see `partita.security.consent`."""
    request = context.get("request")
    if not isinstance(request, Request | HttpRequest):
        return Markup()
    from partita.security import consent  # for who asks

    # It has escaped what it was given.
    return Markup(consent.consent_banner(request.seal() if isinstance(request, HttpRequest) else request))
