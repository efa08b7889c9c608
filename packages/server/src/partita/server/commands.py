"""``partita run``."""

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import msgspec

from partita.contracts.current import Resolver
from partita.contracts.settings import DEBUG
from partita.server.access_log import log_to_stderr
from partita.server.applications import NativeApp
from partita.server.certificates import expiry_warning
from partita.server.errors import AddressInUse, ServerError, StartupFailed
from partita.server.options import Options
from partita.server.reload import serve_reloading, this_command
from partita.server.run import serve
from partita.server.sockets import is_inherited, listen, listen_unix, remove_unix
from partita.server.tls import tls_context

__all__ = ("RunCommand",)

_RELOADING = "PARTITA_RELOADING"
_BLOCKED_AFTER = 0.25
_PRODUCTION = (
    "Warning: debug is on, and its pages show the inside of the application. Switch it off for everybody else."
)


class RunCommand:
    """Serves the application.

    Args:
        options: Limits and timeouts; the command's own arguments come on top.
    """

    name = "run"
    help = "serve the application over HTTP"

    def __init__(self, options: Options | None = None) -> None:
        self._options = options or Options()

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """See `partita.contracts.commands.Command`."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on; 0 takes a free one (8000)")
        parser.add_argument("--unix", metavar="PATH", help="listen on a UNIX socket instead")
        parser.add_argument("--certificate", metavar="FILE", help="serve over TLS with this certificate chain (PEM)")
        parser.add_argument("--key", metavar="FILE", help="its private key (PEM), if that is not in the same file")
        parser.add_argument("--access-log", choices=["text", "json", "off"], help="a line for each request")
        parser.add_argument(
            "--trusted-proxy",
            action="append",
            metavar="NETWORK",
            help="believe X-Forwarded-For and -Proto from there, such as 10.0.0.0/8 or unix; may be repeated",
        )
        parser.add_argument(
            "--proxy-protocol",
            action="append",
            metavar="NETWORK",
            help="connections from there begin with a PROXY header, such as 10.0.0.0/8 or unix; may be repeated",
        )
        parser.add_argument("--root-path", metavar="PATH", help="where a proxy mounts the application, such as /shop")
        parser.add_argument("--workers", type=int, default=1, help="processes (1)")
        parser.add_argument("--reload", action="store_true", help="start again when a file changes; for development")

    def run(self, app: Resolver, options: argparse.Namespace) -> int:
        """See `partita.contracts.commands.Command`."""
        settings = self._with(options)
        reloading = os.environ.pop(_RELOADING, "") == "1"
        if reloading and not settings.blocked_after:
            settings = msgspec.structs.replace(settings, blocked_after=_BLOCKED_AFTER)
        if settings.access_log:
            log_to_stderr()
        try:
            if options.reload:
                return self._reload(options)
            again = is_inherited()
            served = cast("NativeApp", app)  # an application resolves keys and answers requests
            if reloading:
                from partita.server.refresh import BrowserRefresh  # for development

                served = BrowserRefresh(served)
            elif app.find(DEBUG) and not again:
                _say(_PRODUCTION)
            ssl = None
            if options.certificate:
                ssl = tls_context(options.certificate, options.key, http2=settings.http2)
                _warn_of_expiry(options.certificate)
            serve(
                served,
                options.host,
                options.port,
                workers=options.workers,
                options=settings,
                asgi=False,
                unix=options.unix,
                ssl=ssl,
                ready=lambda url: _say(f"Serving again on {url}" if again else f"Serving on {url} (Ctrl-C stops)"),
            )
        except (AddressInUse, StartupFailed, ServerError) as error:
            raise SystemExit(f"partita run: {error}") from error
        return 0

    def _with(self, options: argparse.Namespace) -> Options:
        changed: dict[str, object] = {}
        if options.root_path is not None:
            changed["root_path"] = options.root_path
        if options.access_log is not None:
            changed["access_log"] = False if options.access_log == "off" else options.access_log
        if options.trusted_proxy:
            changed["trusted_proxies"] = (*self._options.trusted_proxies, *options.trusted_proxy)
        if options.proxy_protocol:
            changed["proxy_protocol"] = (*self._options.proxy_protocol, *options.proxy_protocol)
        return msgspec.structs.replace(self._options, **changed)

    def _reload(self, options: argparse.Namespace) -> int:
        backlog = self._options.backlog
        with (
            listen(options.host, options.port, backlog) if options.unix is None else listen_unix(options.unix, backlog)
        ) as sock:
            os.environ[_RELOADING] = "1"
            _say("This is for development: pages reload themselves, and a blocked event loop is reported.")
            try:
                return serve_reloading(this_command("--reload"), sock, [Path.cwd()])
            finally:
                remove_unix(sock)


def _warn_of_expiry(certificate: str) -> None:
    warning = expiry_warning(certificate, datetime.now(UTC))
    if warning is not None:
        _say(warning)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
