"""What views end with: rendered templates, redirects, pages of lists, errors that clients understand."""

from partita.views.conditions import condition, etag, last_modified
from partita.views.decorators import (
    cache_control,
    never_cache,
    on_loop,
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
    vary_on_cookie,
    vary_on_headers,
)
from partita.views.error_pages import error_response
from partita.views.errors import EmptyPage, InvalidPage, PageNotAnInteger, ViewConfigurationError, ViewsError
from partita.views.paginator import Page, Paginator
from partita.views.shortcuts import (
    aget_list_or_404,
    aget_object_or_404,
    arender,
    get_list_or_404,
    get_object_or_404,
    redirect,
    render,
)

__all__ = (
    "EmptyPage",
    "InvalidPage",
    "Page",
    "PageNotAnInteger",
    "Paginator",
    "ViewConfigurationError",
    "ViewsError",
    "aget_list_or_404",
    "aget_object_or_404",
    "arender",
    "cache_control",
    "condition",
    "error_response",
    "etag",
    "get_list_or_404",
    "get_object_or_404",
    "last_modified",
    "never_cache",
    "on_loop",
    "redirect",
    "render",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
    "vary_on_cookie",
    "vary_on_headers",
)
