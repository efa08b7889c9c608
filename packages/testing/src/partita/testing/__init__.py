"""Tests for web applications: a client without sockets, and applications made on the spot."""

from partita.testing.applications import application
from partita.testing.assertions import (
    assert_contains,
    assert_form_error,
    assert_html_equal,
    assert_html_not_equal,
    assert_in_html,
    assert_json_equal,
    assert_json_not_equal,
    assert_not_contains,
    assert_not_in_html,
    assert_num_queries,
    assert_queryset_equal,
    assert_raises_message,
    assert_redirects,
    assert_url_equal,
    assert_warns_message,
    assert_xml_equal,
    assert_xml_not_equal,
)
from partita.testing.client import Client
from partita.testing.cookies import Cookie, CookieJar
from partita.testing.errors import ClientError, RedirectLoop, TestingError
from partita.testing.factory import AsyncRequestFactory, RequestFactory
from partita.testing.multipart import UploadFile
from partita.testing.responses import ClientResponse
from partita.testing.template_assertions import assert_template_not_used, assert_template_used
from partita.testing.websockets import WebSocketClosed, WebSocketRefused, WebSocketTest

__all__ = (
    "AsyncRequestFactory",
    "Client",
    "ClientError",
    "ClientResponse",
    "Cookie",
    "CookieJar",
    "RedirectLoop",
    "RequestFactory",
    "TestingError",
    "UploadFile",
    "WebSocketClosed",
    "WebSocketRefused",
    "WebSocketTest",
    "application",
    "assert_contains",
    "assert_form_error",
    "assert_html_equal",
    "assert_html_not_equal",
    "assert_in_html",
    "assert_json_equal",
    "assert_json_not_equal",
    "assert_not_contains",
    "assert_not_in_html",
    "assert_num_queries",
    "assert_queryset_equal",
    "assert_raises_message",
    "assert_redirects",
    "assert_template_not_used",
    "assert_template_used",
    "assert_url_equal",
    "assert_warns_message",
    "assert_xml_equal",
    "assert_xml_not_equal",
)
