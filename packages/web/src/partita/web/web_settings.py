"""The section ``web`` of an application's settings."""

from typing import Literal

import msgspec

__all__ = ("WebSettings",)


class WebSettings(msgspec.Struct, frozen=True):
    """How the application answers.

    Args:
        append_slash: Whether ``/cart`` is redirected to ``/cart/`` if only that leads to a view.
        route_cache: Paths whose route is remembered, which pays where many requests ask for few paths with parameters; 0 for none.
        route_cache_seconds: How long it is remembered; 0 for as long as there is room.
        view_threads: Sync views that run at once; more wait.
        atomic_requests: Whether each view runs in a transaction of the default database, which is undone if the view raises.
        drafts: Whether views get Django's `HttpRequest`, which can be changed, instead of a `Request`.
        compress: Whether answers are compressed as far as the client takes it, with care for secrets in them (BREACH).
        conditional_get: Whether answers to GET carry an entity tag, and are left out if the client has them.
        editor: What the page about an error opens files in, while `debug` is on: a name of `partita.web.hints.EDITORS`, such as
            ``pycharm``, or an address with ``{file}`` and ``{line}``; empty for no links.
        internal_ips: Addresses and networks at which templates see ``debug`` and ``sql_queries`` while `debug` is on.
        exception_reporter: The dotted name of an `partita.web.exception_reporter.ExceptionReporter` that makes the page about an error
            while `debug` is on; empty for the usual page.
        exception_reporter_filter: The dotted name of what says which values such reports hide; empty for the usual one.
        log_answers: Whether each answer with a status of 400 or more is written to the log ``partita.request``: 4xx as a warning, 5xx as
            an error. Exceptions that no view expected are in any case.
        early_hints: Whether partita's server names the style sheets and scripts of a page in a response 103 before the page is made.
        server_timing: Whether answers to `internal_ips` tell browsers' developer tools what they spent their time on while `debug` is on.
        signals: Whether the signals of `partita.web.request_signals` are sent.
        prepend_www: Whether ``example.com`` is redirected to ``www.example.com``.
        disallowed_user_agents: Regular expressions; whoever calls itself so gets 403.
        trusted_proxies: Networks whose word about client and scheme counts under ASGI and WSGI servers of others; see
            `partita.http.forwarded.TrustedProxies`. Leave it to those servers if they do this themselves.
        forwarded: Which of the two forms those proxies write.
        forwarded_host: Whether they set the host, too.
    """

    append_slash: bool = True
    route_cache: int = 0
    route_cache_seconds: float = 0
    view_threads: int = 40
    atomic_requests: bool = False
    drafts: bool = False
    compress: bool = True
    conditional_get: bool = False
    editor: str = "vscode"
    internal_ips: tuple[str, ...] = ("127.0.0.1", "::1")
    exception_reporter: str = ""
    exception_reporter_filter: str = ""
    log_answers: bool = False
    early_hints: bool = False
    server_timing: bool = True
    signals: bool = False
    prepend_www: bool = False
    disallowed_user_agents: tuple[str, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    forwarded: Literal["x-forwarded", "forwarded"] = "x-forwarded"
    forwarded_host: bool = False
