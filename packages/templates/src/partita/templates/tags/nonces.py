"""The tag ``{% csp_nonce_attr %}``: the attribute that lets a script or style sheet pass a content security policy."""

from markupsafe import Markup

from partita.templates.context import Context
from partita.templates.errors import TemplateSyntaxError
from partita.templates.library import Library

__all__ = ("register",)

register = Library()


@register.simple_tag(takes_context=True)
def csp_nonce_attr(context: Context, media: object = None) -> Markup:
    """``<script {% csp_nonce_attr %}>`` or ``{% csp_nonce_attr form.media %}`` (CSP level 3, section 2.3.1).

    The nonce is the context's ``csp_nonce``, else that of the request, ``request.state.csp_nonce``; without one, nothing is
    written, and media are written without it.

    Args:
        media: What has ``render(attrs={...})``, such as the media of a form; its elements get the nonce.

    Raises:
        TemplateSyntaxError: If ``media`` cannot be written with attributes.
    """
    nonce = _nonce(context)
    attributes = {} if nonce is None else {"nonce": nonce}
    if media is None:
        return Markup('nonce="{}"').format(nonce) if attributes else Markup()
    render = getattr(media, "render", None)
    if render is None:
        raise TemplateSyntaxError(f"'csp_nonce_attr' takes media, as of a form, got {type(media).__name__}")
    return Markup(render(attrs=attributes))


def _nonce(context: Context) -> str | None:
    if "csp_nonce" in context:
        given = context["csp_nonce"]
    else:
        given = getattr(getattr(context.get("request"), "state", None), "csp_nonce", None)
    return None if given is None else str(given)
