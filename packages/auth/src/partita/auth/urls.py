"""Where the pages are: ``path("account/", include("partita.auth.urls"))``."""

from partita.auth.views import login_view, logout_view, password_change_view, signup_view
from partita.urls import path

__all__ = ("app_name", "urlpatterns")

app_name = "auth"
urlpatterns = [
    path("login/", login_view, name="login"),
    path("logout/", logout_view, name="logout"),
    path("signup/", signup_view, name="signup"),
    path("password/", password_change_view, name="password_change"),
]
