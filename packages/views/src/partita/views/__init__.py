"""What views end with: rendered templates, redirects, pages of lists, errors that clients understand."""

from partita.views.async_paginator import AsyncPage, AsyncPaginator
from partita.views.conditions import condition, conditional_page, etag, last_modified
from partita.views.decorators import (
    cache_control,
    gzip_page,
    method_decorator,
    never_cache,
    no_append_slash,
    on_loop,
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
    vary_on_cookie,
    vary_on_headers,
    with_draft,
)
from partita.views.error_pages import error_response
from partita.views.errors import (
    EmptyPage,
    InvalidPage,
    PageNotAnInteger,
    UnorderedObjectListWarning,
    ViewConfigurationError,
    ViewsError,
)
from partita.views.page_caching import cache_page
from partita.views.paginator import Page, Paginator
from partita.views.shortcuts import (
    aget_list_or_404,
    aget_object_or_404,
    arender,
    get_list_or_404,
    get_object_or_404,
    redirect,
    render,
    resolve_url,
)
from partita.views.template_response import ContentNotRenderedError, SimpleTemplateResponse, TemplateResponse

__all__ = (
    "AsyncPage",
    "AsyncPaginator",
    "ContentNotRenderedError",
    "EmptyPage",
    "InvalidPage",
    "Page",
    "PageNotAnInteger",
    "Paginator",
    "SimpleTemplateResponse",
    "TemplateResponse",
    "UnorderedObjectListWarning",
    "ViewConfigurationError",
    "ViewsError",
    "aget_list_or_404",
    "aget_object_or_404",
    "arender",
    "cache_control",
    "cache_page",
    "condition",
    "conditional_page",
    "error_response",
    "etag",
    "get_list_or_404",
    "get_object_or_404",
    "gzip_page",
    "last_modified",
    "method_decorator",
    "never_cache",
    "no_append_slash",
    "on_loop",
    "redirect",
    "render",
    "require_GET",
    "require_POST",
    "require_http_methods",
    "require_safe",
    "resolve_url",
    "vary_on_cookie",
    "vary_on_headers",
    "with_draft",
)
