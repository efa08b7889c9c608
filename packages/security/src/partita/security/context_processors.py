"""Gives templates ``csrf_token``."""

from collections.abc import Mapping

from partita.contracts.i18n import LazyText
from partita.http.drafts import HttpRequest
from partita.http.request import Request
from partita.security.csrf import get_token

__all__ = ("csrf",)


def csrf(request: Request | HttpRequest) -> Mapping[str, object]:
    """Give ``csrf_token``, which is made, and its cookie sent, only if a template shows it."""
    return {"csrf_token": LazyText(lambda: get_token(request))}
