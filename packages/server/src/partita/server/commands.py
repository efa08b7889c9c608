"""``partita run``."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

import msgspec

from partita.contracts.current import Resolver
from partita.contracts.settings import DEBUG
from partita.contracts.static import STATIC_SERVING
from partita.server.access_log import log_to_stderr
from partita.server.applications import NativeApp
from partita.server.certificates import expiry_warning
from partita.server.errors import ServerError
from partita.server.own_command import this_command
from partita.server.run import serve
from partita.server.settings import RELOAD_MODES, ServerSettings
from partita.server.sockets import is_inherited, listen, listen_unix, remove_unix
from partita.server.tls import tls_context

if TYPE_CHECKING:
    import argparse  # loading it takes 2 ms, and a program that only serves never parses arguments

__all__ = ("RunCommand",)

_RELOADING = "PARTITA_RELOADING"
_FIRST = "PARTITA_RELOADING_FIRST"
_BLOCKED_AFTER = 0.25
_PRODUCTION = (
    "Warning: debug is on, and its pages show the inside of the application. Switch it off for everybody else."
)


class RunCommand:
    """Serves the application.

    Args:
        settings: Where to listen, limits and timeouts; the command's own arguments come on top.
    """

    name = "run"
    help = "serve the application over HTTP"

    def __init__(self, settings: ServerSettings | None = None) -> None:
        self._settings = settings or ServerSettings()

    def add_arguments(self, parser: "argparse.ArgumentParser") -> None:
        """See `partita.contracts.commands.Command`."""
        parser.add_argument("--host", help="address to listen on (127.0.0.1, or as [server] host says)")
        parser.add_argument(
            "--port", type=int, help="port to listen on; 0 takes a free one (8000, or as [server] port says)"
        )
        parser.add_argument("--unix", metavar="PATH", help="listen on a UNIX socket instead")
        parser.add_argument("--certificate", metavar="FILE", help="serve over TLS with this certificate chain (PEM)")
        parser.add_argument("--key", metavar="FILE", help="its private key (PEM), if that is not in the same file")
        parser.add_argument(
            "--access-log",
            choices=["text", "json", "off"],
            help="a line for each request (text with --reload, otherwise as [server] access_log says)",
        )
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
        parser.add_argument("--workers", type=int, help="processes (1, or as [server] workers says)")
        parser.add_argument(
            "--reload",
            nargs="?",
            const=True,  # no mode: as the settings say
            choices=RELOAD_MODES,
            metavar="MODE",
            help="use files as soon as they change, for development: 'modules' exchanges modules and starts again only where it"
            " must, 'process' always starts again (modules, or as [server] reload_mode says)",
        )
        parser.add_argument(
            "--reloader",
            choices=["auto", "events", "stat"],
            help="how to learn of changes: told by the system, or looking",
        )
        serving = parser.add_mutually_exclusive_group()
        serving.add_argument(
            "--nostatic", action="store_true", help="do not serve static files, whatever [static] says"
        )
        serving.add_argument(
            "--insecure",
            action="store_true",
            help="serve static files from where they are edited even while debug is off; never for production",
        )
        parser.add_argument("--no-debug-warning", action="store_true", help="do not warn that debug is on")

    def run(self, app: Resolver, options: "argparse.Namespace") -> int:
        """See `partita.contracts.commands.Command`."""
        try:
            settings = self._with(options)
        except ValueError as error:
            raise SystemExit(str(error)) from error
        reloading = os.environ.pop(_RELOADING, "")
        if reloading and not settings.blocked_after:
            settings = msgspec.structs.replace(settings, blocked_after=_BLOCKED_AFTER)
        if reloading and options.access_log is None and not settings.access_log:
            settings = msgspec.structs.replace(settings, access_log="text")  # who develops wants to see what arrives
        if settings.access_log:
            log_to_stderr()
        if reloading or options.reload is not None:
            log_to_stderr("partita.server")  # why the program is started again, for one
        try:
            if options.reload is not None:
                return self._reload(settings, settings.reload_mode if options.reload is True else options.reload)
            if options.nostatic or options.insecure:
                STATIC_SERVING.set("never" if options.nostatic else "sources")
            again = is_inherited() and not os.environ.pop(_FIRST, "")
            served = cast("NativeApp", app)  # an application resolves keys and answers requests
            if reloading:
                from partita.server.refresh import BrowserRefresh  # for development

                served = BrowserRefresh(served, modules=reloading == "modules")
            elif settings.debug_warning and app.find(DEBUG) and not again:
                _say(_PRODUCTION)
            ssl = None
            if settings.certificate:
                ssl = tls_context(settings.certificate, settings.key or None, http2=settings.http2)
                _warn_of_expiry(settings.certificate)
            serve(
                served,
                settings.host,
                settings.port,
                workers=settings.workers,
                options=settings,
                asgi=False,
                unix=settings.unix or None,
                ssl=ssl,
                ready=lambda url: _say(f"Serving again on {url}" if again else f"Serving on {url} (Ctrl-C stops)"),
            )
        except ServerError as error:
            raise SystemExit(str(error)) from error
        return 0

    def _with(self, options: "argparse.Namespace") -> ServerSettings:
        for name in ("unix", "certificate", "key"):
            # A script's variable that is not set: to listen elsewhere, or without TLS, is not what was asked for.
            if getattr(options, name, None) == "":
                raise ValueError(f"--{name} is empty. Give the path of a file, or leave --{name} out.")
        plain = ("host", "port", "unix", "certificate", "key", "workers", "root_path", "reloader")
        changed: dict[str, object] = {
            name: value for name in plain if (value := getattr(options, name, None)) is not None
        }
        if options.no_debug_warning:
            changed["debug_warning"] = False
        if options.access_log is not None:
            changed["access_log"] = False if options.access_log == "off" else options.access_log
        if options.trusted_proxy:
            changed["trusted_proxies"] = (*self._settings.trusted_proxies, *options.trusted_proxy)
        if options.proxy_protocol:
            changed["proxy_protocol"] = (*self._settings.proxy_protocol, *options.proxy_protocol)
        return msgspec.structs.replace(self._settings, **changed)

    def _reload(self, settings: ServerSettings, mode: str) -> int:
        backlog = settings.backlog
        with (
            listen(settings.host, settings.port, backlog) if not settings.unix else listen_unix(settings.unix, backlog)
        ) as sock:
            os.environ[_RELOADING] = mode
            if settings.debug_warning:
                _say("This is for development: pages reload themselves, and a blocked event loop is reported.")
            try:
                from partita.server.reload import serve_reloading  # for development

                return serve_reloading(this_command("--reload"), sock, [Path.cwd()], settings.reloader, {_FIRST: "1"})
            finally:
                remove_unix(sock)


def _warn_of_expiry(certificate: str) -> None:
    warning = expiry_warning(certificate, datetime.now(UTC))
    if warning is not None:
        _say(warning)


def _say(line: str) -> None:
    with suppress(OSError):  # a full disk beneath the log, or a terminal that has gone, is no reason not to serve
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
