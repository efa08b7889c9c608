"""What nine proxies hand on of the smuggling corpus is read here as they meant it.

The proxy marks each request that it knows of. A request that arrives without the mark was hidden in another one.

A part of the large corpus by default; PARTITA_PROXY_CORPUS=1 for every message of it.
"""

import asyncio
import importlib.util
import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response

Start = Callable[..., Any]
SECRET = "5a1f"
STEP = int(os.environ.get("PARTITA_PROXY_CORPUS", "9"))
SILENCE = 0.4
"""Seconds after which we take it that a proxy says nothing more."""
POST = b"POST /first HTTP/1.1\r\nHost: a\r\n"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
BODY = b"%x\r\n%b\r\n0\r\n\r\n" % (len(HIDDEN), HIDDEN)

MESSAGES = [
    *[
        POST + b"Content-Length: %b\r\n\r\n" % value + HIDDEN
        for value in (b"0", b"+0", b"0x0", b"0, 0", b"-1", b"1_0", b"")
    ],
    *[
        POST + fields + b"\r\n\r\n" + BODY
        for fields in (
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: 0",
            b"Content-Length: 3\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: xchunked\r\nContent-Length: 0",
            b"Transfer-Encoding: identity\r\nContent-Length: 0",
            b"Transfer-Encoding : chunked\r\nContent-Length: 0",
            b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 0",
            b"Transfer-Encoding: chunked, chunked",
            b"Transfer-Encoding: ,chunked",
            b"Transfer_Encoding: chunked\r\nContent-Length: 0",
            b"X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 0",
            b"X: y\nTransfer-Encoding: chunked\r\nContent-Length: 0",
        )
    ],
    *[
        POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n" + HIDDEN
        for chunks in (
            b"1\r\na\r\n",
            b"1;a=b\r\na\r\n",
            b"1;a\nb\r\na\r\n",
            b"0x1\r\na\r\n",
            b"+1\r\na\r\n",
            b"1 \r\na\r\n",
            b"1\na\r\n",
            b"1\r\naXX",
            b"10000000000000001\r\na\r\n",
        )
    ],
    *[
        line + b"\r\nHost: a\r\n\r\n" + HIDDEN
        for line in (
            b"GET /first HTTP/1.1",
            b"GET  /first HTTP/1.1",
            b"GET\t/first\tHTTP/1.1",
            b"GET /first HTTP/1.1 ",
            b"GET /first HTTP/1.0",
            b"GET http://a/first HTTP/1.1",
            b"GET /first?a=%0d%0aX:%20y HTTP/1.1",
            b"GET /first%20HTTP/1.1%0d%0aHost:%20b HTTP/1.1",
            b"GET /first HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket",
            b"GET /first HTTP/1.1\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
            b"PRI * HTTP/2.0",
            b"CONNECT a:80 HTTP/1.1",
            b"OPTIONS * HTTP/1.1",
            b"GET /first HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 0",
            b"GET /first HTTP/1.1\r\nX: y\0z",
            b"GET /first HTTP/1.1\r\nHost: b",
            b"HEAD /first HTTP/1.1",
        )
    ],
]

LAST = b"GET /latest HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"

NGINX = """
daemon off; pid {folder}/pid; error_log {folder}/errors; worker_processes 1;
events {{ worker_connections 64; }}
http {{
  access_log off; underscores_in_headers on; ignore_invalid_headers off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  upstream app {{ server 127.0.0.1:{backend}; keepalive 4; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app; proxy_http_version 1.1; proxy_request_buffering off;
      proxy_set_header Connection ""; proxy_set_header X-Proxy {secret};
    }}
  }}
}}
"""
HAPROXY = """
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend all
  bind 127.0.0.1:{port}
  http-request set-header X-Proxy {secret}
  default_backend app
backend app
  http-reuse always
  server one 127.0.0.1:{backend}
"""
CADDY = """
{{
  admin off
  auto_https off
}}
http://:{port} {{
  bind 127.0.0.1
  reverse_proxy 127.0.0.1:{backend} {{
    header_up X-Proxy {secret}
  }}
}}
"""
APACHE = """
ServerName a
DefaultRuntimeDir {folder}
PidFile {folder}/pid
ErrorLog {folder}/errors
LoadModule mpm_event_module /usr/lib/apache2/modules/mod_mpm_event.so
LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
LoadModule proxy_module /usr/lib/apache2/modules/mod_proxy.so
LoadModule proxy_http_module /usr/lib/apache2/modules/mod_proxy_http.so
LoadModule headers_module /usr/lib/apache2/modules/mod_headers.so
User www-data
Group www-data
StartServers 1
Listen 127.0.0.1:{port}
HttpProtocolOptions Unsafe
ProxyPass "/" "http://127.0.0.1:{backend}/" keepalive=On
RequestHeader set X-Proxy {secret}
"""
VARNISH = """
vcl 4.1;
backend default {{ .host = "127.0.0.1"; .port = "{backend}"; }}
sub vcl_recv {{
  set req.http.X-Proxy = "{secret}";
  return (pass);
}}
"""
SQUID = """
http_port 127.0.0.1:{port} accel defaultsite=a
cache_peer 127.0.0.1 parent {backend} 0 no-query originserver name=app
cache_peer_access app allow all
never_direct allow all
http_access allow all
cache deny all
request_header_add X-Proxy {secret} all
relaxed_header_parser on
pid_filename none
cache_log /dev/null
access_log none
netdb_filename none
shutdown_lifetime 0 seconds
"""
TRAFFICSERVER = """
CONFIG proxy.config.http.server_ports STRING {port}:ip-in=127.0.0.1
CONFIG proxy.config.http.cache.http INT 0
CONFIG proxy.config.admin.user_id STRING nobody
CONFIG proxy.config.crash_log_helper STRING NULL
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 2
"""
TRAFFICSERVER_CLIENTS = """
ip_allow:
  - apply: in
    ip_addrs: 127.0.0.1
    action: allow
    methods: ALL
"""
H2O = """
listen:
  host: 127.0.0.1
  port: {port}
num-threads: 1
user: root
hosts:
  default:
    paths:
      /:
        proxy.reverse.url: http://127.0.0.1:{backend}/
        proxy.timeout.keepalive: 2000
"""
LIGHTTPD = """
server.document-root = "{folder}"
server.port = {port}
server.bind = "127.0.0.1"
server.modules = ("mod_setenv", "mod_proxy")
server.http-parseopts = ("header-strict" => "disable", "host-strict" => "disable")
server.stream-request-body = 2
setenv.add-request-header = ("X-Proxy" => "{secret}")
proxy.server = ("" => (("host" => "127.0.0.1", "port" => {backend})))
"""

Values = Mapping[str, object]
Prepare = Callable[[str, Path, Values], list[str]]


def with_settings(text: str, *arguments: str) -> Prepare:
    """Return what writes a proxy's settings and gives the command that starts it with them."""

    def prepare(program: str, folder: Path, values: Values) -> list[str]:
        settings = folder / "settings"
        settings.write_text(text.format(**values))
        return [program, *(argument.format(**values, settings=settings) for argument in arguments)]

    return prepare


def prepare_trafficserver(program: str, folder: Path, values: Values) -> list[str]:
    """Give it folders of its own: it takes its settings from nowhere else."""
    folders = {
        name: folder / name for name in ("sysconfdir", "runtimedir", "logdir", "cachedir", "datadir", "localstatedir")
    }
    for path in folders.values():
        path.mkdir()
    settings = folders["sysconfdir"]
    installed = {"libexecdir": _plugins(program), "bindir": Path(program).parent}
    layout = "".join(f"{name}: {path}\n" for name, path in {"prefix": folder, **folders, **installed}.items())
    (folder / "runroot.yaml").write_text(layout)
    (settings / "records.config").write_text(TRAFFICSERVER.format(**values))
    (settings / "storage.config").write_text(f"{folders['cachedir']} 32M\n")
    (settings / "rules").write_text(f"cond %{{REMAP_PSEUDO_HOOK}}\nset-header X-Proxy {values['secret']}\n")
    rule = f"map / http://127.0.0.1:{values['backend']}/ @plugin=header_rewrite.so @pparam={settings / 'rules'}\n"
    (settings / "remap.config").write_text(rule)
    (settings / "ip_allow.yaml").write_text(TRAFFICSERVER_CLIENTS)
    if os.geteuid() == 0:  # it refuses to work as root
        for path in [folder, *folder.rglob("*")]:
            shutil.chown(path, "nobody")
    return [program, f"--run-root={folder / 'runroot.yaml'}"]


def _plugins(program: str) -> Path:
    told = subprocess.run(
        [Path(program).with_name("traffic_layout"), "info"], capture_output=True, text=True, check=True
    )
    return Path(re.findall(r"PLUGINDIR: (.+)", told.stdout)[0])


PROXIES: dict[str, tuple[str, Prepare]] = {
    "nginx": ("nginx", with_settings(NGINX, "-c", "{settings}")),
    "haproxy": ("haproxy", with_settings(HAPROXY, "-db", "-f", "{settings}")),
    "caddy": ("caddy", with_settings(CADDY, "run", "--adapter", "caddyfile", "--config", "{settings}")),
    "apache": ("apache2", with_settings(APACHE, "-D", "FOREGROUND", "-d", "{folder}", "-f", "{settings}")),
    "varnish": (
        "varnishd",
        with_settings(
            VARNISH,
            "-F",
            "-j",
            "none",
            "-n",
            "{folder}/work",
            "-a",
            "127.0.0.1:{port}",
            "-s",
            "malloc,10M",
            "-f",
            "{settings}",
        ),
    ),
    "squid": ("squid", with_settings(SQUID, "-N", "-f", "{settings}")),
    "trafficserver": ("traffic_server", prepare_trafficserver),
    "h2o": ("h2o", with_settings(H2O, "-c", "{settings}")),
    "lighttpd": ("lighttpd", with_settings(LIGHTTPD, "-D", "-f", "{settings}")),
}


def is_marked(request: Request) -> bool:
    """Whether a proxy knew of a request: h2o has no other mark than where it comes from, and no message here has either."""
    return "x-proxy" in request.headers or "x-forwarded-for" in request.headers


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest) -> Iterator[Callable[[int], int]]:
    """Return what puts a proxy before a port, and gives the proxy's port."""
    name, prepare = PROXIES[request.param]
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        if os.environ.get("CI") == "true":
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"platform: {name} is not installed")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # some proxies give up the rights of whoever starts them
        running: list[subprocess.Popen[bytes]] = []
        try:
            yield lambda backend: start(running, prepare, program, folder, backend)
        finally:
            for process in running:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()


def start(running: list[subprocess.Popen[bytes]], prepare: Prepare, program: str, folder: Path, backend: int) -> int:
    """Start a proxy, and wait until it answers with what the server behind it does."""
    port = free_port()
    command = prepare(program, folder, {"folder": folder, "port": port, "backend": backend, "secret": SECRET})
    environment = os.environ | {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}
    with (folder / "log").open("wb") as log:
        running.append(subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, env=environment))
    deadline = time.monotonic() + 60
    while True:
        try:
            if serves(port):
                return port
        except OSError:
            pass
        assert running[-1].poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.05)


def serves(port: int) -> bool:
    """Tell whether a good request gets its answer."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), 10) as client:
        client.sendall(LAST)
        while b"[/latest]" not in received and (more := client.recv(65_536)):
            received += more
    return b"[/latest]" in received


def corpus() -> list[bytes]:
    """The messages of `test_smuggling`, each with a request behind it that nobody may get to see."""
    path = Path(__file__).with_name("test_smuggling.py")
    specification = importlib.util.spec_from_file_location("smuggling_corpus", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return [message + module.MARKER for message in module.REFUSED[::STEP]]


def numbered(message: bytes, number: int) -> bytes:
    """Give a message paths of its own, without changing its length."""
    for name in (b"/first", b"/hidden", b"/smuggled", b"/latest"):
        message = message.replace(name, name[:2] + b"%0*d" % (len(name) - 2, number))
    return message


async def tell(port: int, message: bytes) -> bytes:
    """Send a message, and return all that comes until the proxy closes or is silent."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    raw = b""
    try:
        writer.write(message)
        await writer.drain()
        while data := await asyncio.wait_for(reader.read(65_536), SILENCE):
            raw += data
    except (TimeoutError, ConnectionError):
        pass
    finally:
        writer.close()
    return raw


async def attack(port: int, messages: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Send messages over a connection each, a few at once; return them with what came back."""
    free = asyncio.Semaphore(12)

    async def one(number: int, message: bytes) -> tuple[bytes, bytes]:
        async with free:
            ours = numbered(message, number)
            return ours, await tell(port, ours)

    return await asyncio.gather(*[one(number, message) for number, message in enumerate(messages)])


def test_the_proxy_and_the_server_see_the_same_requests(quick: Start, proxy: Callable[[int], int]) -> None:
    seen: list[tuple[str, bool]] = []

    async def app(request: Request) -> Response:
        seen.append((request.path, is_marked(request)))
        await request.aread()
        return Response.text(f"[{request.path}]")

    port = proxy(quick(app).port)
    seen.clear()
    messages = [message + tail for message in [*MESSAGES, *corpus()] for tail in (b"", LAST)]
    assert len(messages) < 10**4  # a number has four digits
    results = asyncio.run(attack(port, messages))
    assert [path for path, marked in seen if not marked] == []
    arrived = [path for path, _ in seen]
    assert len(arrived) > len(MESSAGES) // 2  # the good ones among them, at least
    for number, (message, raw) in enumerate(results):
        answered = [path.decode() for path in re.findall(rb"\[(/[a-z][0-9]{4,})\]", raw)]
        # Each answer belongs to a request of this connection, in order; nobody gets another one's answer.
        assert {int(path[2:]) for path in answered} <= {number}, message
        assert [path for path in arrived if path in answered][: len(answered)] == answered, message
    assert serves(port)
