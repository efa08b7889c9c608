"""Pages to log in, log out and make an account."""

from collections.abc import Mapping

from partita import bridge
from partita.auth.decorators import login_not_required, login_required
from partita.auth.forms import LoginForm, PasswordChangeForm, SignUpForm
from partita.auth.login import aget_user, alogin, alogout, aupdate_session_auth_hash
from partita.auth.redirects import is_safe_redirect
from partita.auth.settings import auth_settings, resolve_url
from partita.auth.users import AbstractUser
from partita.contracts.current import require
from partita.contracts.templates import TEMPLATES, TemplateEngine
from partita.http import NotFound, Request, Response
from partita.validation import ValidationError

__all__ = ("login_view", "logout_view", "password_change_view", "safe_target", "show", "signup_view")

NEXT = "next"


@login_not_required
async def login_view(request: Request, template: str = "auth/login.html", default: str | None = None) -> Response:
    """Show the login form, and log in whoever fills it in rightly.

    Args:
        request: With the way back in the query, or in the form.
        template: Gets ``form``, ``next`` and ``signup``.
        default: Path or name of the URL to go to if there is no way back.
    """
    data = await request.aform()
    target = data.get(NEXT) or request.query.get(NEXT)
    form = LoginForm(data if request.method == "POST" else None, request=request)
    if request.method == "POST" and await bridge.run(form.is_valid) and form.user is not None:
        await alogin(request, form.user)
        return _go(safe_target(request, target) or resolve_url(default or auth_settings().login_redirect_url))
    context = {"form": form, "next": safe_target(request, target) or "", "signup": auth_settings().signup}
    return await show(request, template, context)


@login_not_required
async def logout_view(request: Request) -> Response:
    """Log out; by POST only, for a link or an image could lure people out."""
    data = await request.aform()
    await alogout(request)
    return _go(safe_target(request, data.get(NEXT)) or resolve_url(auth_settings().logout_redirect_url))


logout_view.http_methods = frozenset({"POST"})  # type: ignore[attr-defined] # the router reads it


@login_not_required
async def signup_view(request: Request, template: str = "auth/signup.html") -> Response:
    """Make an account and log in with it.

    Raises:
        NotFound: If the settings say that people may not.
    """
    if not auth_settings().signup:
        raise NotFound
    data = await request.aform()
    target = safe_target(request, data.get(NEXT) or request.query.get(NEXT))
    form = SignUpForm(data if request.method == "POST" else None)
    if request.method == "POST" and await bridge.run(form.is_valid):
        try:
            user = await bridge.run(form.save)
        except ValidationError as error:
            form.add_error("email", error)
        else:
            await alogin(request, user)
            return _go(target or resolve_url(auth_settings().login_redirect_url))
    return await show(request, template, {"form": form, "next": target or ""})


@login_required
async def password_change_view(request: Request, template: str = "auth/password_change.html") -> Response:
    """Let a user change the password; this session stays, the user's others end."""
    data = await request.aform()
    target = safe_target(request, data.get(NEXT) or request.query.get(NEXT))
    user = await aget_user(request)
    assert isinstance(user, AbstractUser)
    form = PasswordChangeForm(user, data if request.method == "POST" else None)
    if request.method == "POST" and await bridge.run(form.is_valid):
        await bridge.run(form.save)
        await aupdate_session_auth_hash(request, user)
        return _go(target or resolve_url(auth_settings().login_redirect_url))
    return await show(request, template, {"form": form, "next": target or ""})


def safe_target(request: Request, target: str | None) -> str | None:
    """Return ``target`` if a browser may be sent there, else None."""
    return target if is_safe_redirect(target, {request.host}, require_https=request.is_secure) else None


async def show(request: Request, template: str, context: Mapping[str, object], status: int = 200) -> Response:
    """Return the page, which no cache may keep: it belongs to one person's login."""
    engine = require(TEMPLATES)
    html = await engine.arender(template, {"auth_base": _base(engine), **context}, request)
    return Response.html(html).with_status(status).with_header("cache-control", "no-store")


def _base(engine: TemplateEngine) -> str:
    """Return the project's base template, if it has one, so that the pages look like its others."""
    find = getattr(engine, "get_template", None)
    try:
        if find is not None:
            find("base.html")
            return "base.html"
    except LookupError:
        pass
    return "auth/base.html"


def _go(url: str) -> Response:
    return Response.redirect(url).with_header("cache-control", "no-store")
