"""The template tag ``{% csrf_token %}``."""

from markupsafe import Markup

from partita.http.drafts import HttpRequest
from partita.http.request import Request
from partita.security.csrf import FIELD_NAME, get_token
from partita.templates import Context, Library

__all__ = ("csrf_token", "register")

register = Library()


@register.simple_tag(takes_context=True)
def csrf_token(context: Context) -> Markup:
    """Write the hidden field that proves that a form is ours; nothing without a request."""
    request = context.get("request")
    if not isinstance(request, Request | HttpRequest):
        return Markup()
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD_NAME, get_token(request))
