"""Requests a second of this server and `partita.web` against a ceiling and against peers, by turns; as a Markdown table.

    python bench/bench_peers.py [--seconds 3] [--rounds 3] [--only ceiling,partita] [--pipeline 16]

The ceiling is a hand-written `asyncio.Protocol` on httptools and uvloop: it builds an immutable request, routes with one
regular expression, awaits a handler and encodes with msgspec; it checks nothing and has no timeouts. What compares with it is
"partita, no layers": an application with its router and the server's checks, limits and timeouts, but without the packages
that add layers. "partita" has all of them, as an application has by default: host check, security headers, CSRF protection,
sessions, static files, compression; the peers have none of that, but for "Django …, default middleware", which has what
``startproject`` writes into the settings.

Each server has one process; wrk has one thread. Besides the requests a second there is the processor time of the server's
processes for one request, user and system, of the best round: on a machine that does other things as well that is the
figure to trust. Needs wrk and the peers' packages; peers that are not installed are left out.
"""

import argparse
import importlib.util
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

STRUCT = """
import msgspec, sys
class Order(msgspec.Struct, frozen=True):
    name: str
    price: float
    tags: list[str]
PORT = int(sys.argv[1])
"""
CEILING = (
    STRUCT
    + r"""
import asyncio, re, uvloop
from httptools import HttpRequestParser, parse_url
class Request(msgspec.Struct, frozen=True):
    method: str
    path: str
    query: bytes
    headers: dict
    body: bytes
async def text(request):
    return b"text/plain; charset=utf-8", b"Hello, world!"
async def data(request):
    return b"application/json", msgspec.json.encode({"message": "Hello, world!"})
async def item(request, id):
    page = dict(p.split(b"=") for p in request.query.split(b"&"))[b"page"].decode()
    return b"application/json", msgspec.json.encode({"id": int(id), "page": int(page)})
async def order(request):
    found = msgspec.json.decode(request.body, type=Order)
    return b"application/json", msgspec.json.encode({"name": found.name, "price": found.price})
ROUTES = re.compile(r"(/text)$|(/json)$|/items/(\d+)$|(/orders)$")
HANDLERS = (None, text, data, item, order)
class Connection(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.queue, self.task = transport, [], None
        self.parser = HttpRequestParser(self)
    def data_received(self, data):
        self.parser.feed_data(data)
    def on_message_begin(self):
        self.headers, self.body, self.url = {}, b"", b""
    def on_url(self, url):
        self.url += url
    def on_header(self, name, value):
        self.headers[name.lower()] = value
    def on_body(self, body):
        self.body += body
    def on_message_complete(self):
        url = parse_url(self.url)
        request = Request(self.parser.get_method().decode(), url.path.decode(), url.query or b"", self.headers, self.body)
        self.queue.append(request)
        if self.task is None:
            self.task = LOOP.create_task(self.serve())
    async def serve(self):
        while self.queue:
            request = self.queue.pop(0)
            found = ROUTES.match(request.path)
            handler = HANDLERS[found.lastindex]
            kind, body = await (handler(request, found[3]) if found.lastindex == 3 else handler(request))
            self.transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: %b\r\ncontent-length: %d\r\n\r\n%b" % (kind, len(body), body))
        self.task = None
async def main():
    global LOOP
    LOOP = asyncio.get_running_loop()
    server = await LOOP.create_server(Connection, "127.0.0.1", PORT)
    await server.serve_forever()
with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
    runner.run(main())
"""
)
PARTITA = (
    STRUCT
    + """
from partita.http import Request, Response
from partita.server import serve
from partita.urls import path
from partita.web import App, Settings
async def text(request: Request) -> Response:
    return Response.text("Hello, world!")
async def data(request: Request) -> Response:
    return Response.json({"message": "Hello, world!"})
async def item(request: Request, id: int) -> Response:
    return Response.json({"id": id, "page": int(request.query["page"])})
async def order(request: Request) -> Response:
    found = await request.ajson(Order)
    return Response.json({"name": found.name, "price": found.price})
urls = [path("text", text), path("json", data), path("items/<int:id>", item), path("orders", order)]
"""
)
PARTITA_BARE = (
    PARTITA
    + """
app = App(Settings(secret_key="x" * 50, sections={"web": {"compress": False}}), urls=urls, default_apps=())
serve(app, port=PORT, asgi=False)
"""
)
PARTITA_WHOLE = (
    PARTITA
    + """
app = App(Settings(secret_key="x" * 50, allowed_hosts=["127.0.0.1"]), urls=urls)
serve(app, port=PORT, asgi=False)
"""
)
STARLETTE = (
    STRUCT
    + """
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, JSONResponse
from starlette.routing import Route
async def text(request): return PlainTextResponse("Hello, world!")
async def data(request): return JSONResponse({"message": "Hello, world!"})
async def item(request): return JSONResponse({"id": request.path_params["id"], "page": int(request.query_params["page"])})
async def order(request):
    found = msgspec.json.decode(await request.body(), type=Order)
    return JSONResponse({"name": found.name, "price": found.price})
app = Starlette(routes=[Route("/text", text), Route("/json", data), Route("/items/{id:int}", item), Route("/orders", order, methods=["POST"])])
uvicorn.run(app, port=PORT, access_log=False, log_level="error", loop="uvloop", http="httptools")
"""
)
FALCON = (
    STRUCT
    + """
import uvicorn, falcon.asgi
class Text:
    async def on_get(self, req, resp): resp.content_type = "text/plain"; resp.text = "Hello, world!"
class Data:
    async def on_get(self, req, resp): resp.media = {"message": "Hello, world!"}
class Item:
    async def on_get(self, req, resp, id): resp.media = {"id": id, "page": req.get_param_as_int("page")}
class Orders:
    async def on_post(self, req, resp):
        found = msgspec.json.decode(await req.stream.read(), type=Order)
        resp.media = {"name": found.name, "price": found.price}
app = falcon.asgi.App()
for where, what in (("/text", Text()), ("/json", Data()), ("/items/{id:int}", Item()), ("/orders", Orders())):
    app.add_route(where, what)
uvicorn.run(app, port=PORT, access_log=False, log_level="error", loop="uvloop", http="httptools")
"""
)
FASTAPI = """
import sys, uvicorn
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel
class Order(BaseModel):
    name: str
    price: float
    tags: list[str]
app = FastAPI()
@app.get("/text", response_class=PlainTextResponse)
async def text(): return "Hello, world!"
@app.get("/json")
async def data(): return {"message": "Hello, world!"}
@app.get("/items/{id}")
async def item(id: int, page: int): return {"id": id, "page": page}
@app.post("/orders")
async def order(found: Order): return {"name": found.name, "price": found.price}
uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="error", loop="uvloop", http="httptools")
"""
SANIC = (
    STRUCT
    + """
from sanic import Sanic, response
app = Sanic("bench")
@app.get("/text")
async def text(request): return response.text("Hello, world!")
@app.get("/json")
async def data(request): return response.json({"message": "Hello, world!"})
@app.get("/items/<id:int>")
async def item(request, id): return response.json({"id": id, "page": int(request.args.get("page"))})
@app.post("/orders")
async def order(request):
    found = msgspec.json.decode(request.body, type=Order)
    return response.json({"name": found.name, "price": found.price})
if __name__ == "__main__":
    app.run("127.0.0.1", PORT, access_log=False, single_process=True, motd=False, debug=False)
"""
)
BLACKSHEEP = (
    STRUCT.replace("PORT = int(sys.argv[1])", "")
    + """
from blacksheep import Application, get, post, text as plain, json as as_json, Request
app = Application()
@get("/text")
async def text(): return plain("Hello, world!")
@get("/json")
async def data(): return as_json({"message": "Hello, world!"})
@get("/items/{int:id}")
async def item(request: Request, id: int): return as_json({"id": id, "page": int(request.query["page"][0])})
@post("/orders")
async def order(request: Request):
    found = msgspec.json.decode(await request.read(), type=Order)
    return as_json({"name": found.name, "price": found.price})
"""
)
ROBYN = (
    STRUCT
    + """
from robyn import Robyn, Request, Response
app = Robyn(__file__)
@app.get("/text")
async def text(request: Request): return "Hello, world!"
@app.get("/json")
async def data(request: Request): return {"message": "Hello, world!"}
@app.get("/items/:id")
async def item(request: Request): return {"id": int(request.path_params["id"]), "page": int(request.query_params.get("page", ""))}
@app.post("/orders")
async def order(request: Request):
    found = msgspec.json.decode(request.body if isinstance(request.body, bytes) else request.body.encode(), type=Order)
    return {"name": found.name, "price": found.price}
if __name__ == "__main__":
    sys.argv = sys.argv[:1]
    app.start(host="127.0.0.1", port=PORT)
"""
)
DJANGO = (
    STRUCT.replace("PORT = int(sys.argv[1])", "")
    + """
from django.conf import settings
settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"], MIDDLEWARE=[])
import django
django.setup()
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse, JsonResponse
from django.urls import path
def text(request): return HttpResponse("Hello, world!", content_type="text/plain")
def data(request): return JsonResponse({"message": "Hello, world!"})
def item(request, id): return JsonResponse({"id": id, "page": int(request.GET["page"])})
def order(request):
    found = msgspec.json.decode(request.body, type=Order)
    return JsonResponse({"name": found.name, "price": found.price})
urlpatterns = [path("text", text), path("json", data), path("items/<int:id>", item), path("orders", order)]
app = get_wsgi_application()
"""
)
DJANGO_WHOLE = (
    DJANGO.replace(
        "MIDDLEWARE=[]",
        """INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.messages"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies", MIDDLEWARE=["django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware", "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware", "django.middleware.clickjacking.XFrameOptionsMiddleware"]""",
    )
    .replace("from django.urls", "from django.views.decorators.csrf import csrf_exempt\nfrom django.urls")
    .replace("def order", "@csrf_exempt\ndef order")
)
DJANGO_ASYNC = (
    DJANGO.replace("def text", "async def text")
    .replace("def data", "async def data")
    .replace("def item", "async def item")
    .replace("def order", "async def order")
    .replace("wsgi", "asgi")
)
SERVERS: dict[str, tuple[str, str, list[str]]] = {
    "ceiling": ("httptools", CEILING, []),
    "partita": ("partita.web", PARTITA_WHOLE, []),
    "partita, no layers": ("partita.web", PARTITA_BARE, []),
    "Starlette + uvicorn": ("starlette", STARLETTE, []),
    "Falcon + uvicorn": ("falcon", FALCON, []),
    "BlackSheep + granian": (
        "blacksheep",
        BLACKSHEEP,
        [
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--workers",
            "1",
            "--loop",
            "uvloop",
            "--no-ws",
            "--log-level",
            "error",
        ],
    ),
    "Sanic": ("sanic", SANIC, []),
    "Robyn": ("robyn", ROBYN, []),
    "FastAPI + uvicorn": ("fastapi", FASTAPI, []),
    # Its sync worker, the default one, opens a connection for each request; the threaded one keeps them.
    "Django + gunicorn, sync": ("django", DJANGO, ["-m", "gunicorn", "-w", "1", "--log-level", "error"]),
    "Django + gunicorn, sync, default middleware": (
        "django",
        DJANGO_WHOLE,
        ["-m", "gunicorn", "-w", "1", "--log-level", "error"],
    ),
    "Django + gunicorn, gthread": (
        "django",
        DJANGO,
        ["-m", "gunicorn", "-w", "1", "--log-level", "error", "-k", "gthread"],
    ),
    "Django + uvicorn": (
        "django",
        DJANGO_ASYNC,
        [
            "-m",
            "uvicorn",
            "--log-level",
            "error",
            "--no-access-log",
            "--loop",
            "uvloop",
            "--http",
            "httptools",
            "--lifespan",
            "off",
        ],
    ),
}
POST = '{"name": "Blue in Green", "price": 0.99, "tags": ["jazz", "modal"]}'
CASES = {"plaintext": "/text", "JSON": "/json", "path and query": "/items/17?page=2", "POST JSON": "/orders"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def start(folder: Path, name: str, port: int) -> "subprocess.Popen[bytes]":
    _, source, command = SERVERS[name]
    module = "app_" + re.sub(r"\W+", "_", name.lower())  # no name that hides a package
    (folder / f"{module}.py").write_text(source)
    if "granian" in command or "uvicorn" in command:
        arguments = [*command, "--port", str(port), f"{module}:app"]
    elif "gunicorn" in command:
        arguments = [*command, "-b", f"127.0.0.1:{port}", f"{module}:app"]
    else:
        arguments = [f"{module}.py", str(port)]
    return subprocess.Popen(
        [sys.executable, *arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait(port: int, process: "subprocess.Popen[bytes]") -> float:
    """Wait for the first answer; return the seconds it took."""
    begun = time.perf_counter()
    while time.perf_counter() - begun < 20 and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as client:
                client.sendall(b"GET /text HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                if client.recv(100).startswith(b"HTTP/1.1 200"):
                    return time.perf_counter() - begun
        except OSError:
            time.sleep(0.005)
    raise SystemExit("a server does not start")


def script(folder: Path, case: str, pipeline: int, varied: bool) -> Path:
    body = (
        f'wrk.method = "POST"; wrk.body = {POST!r}; wrk.headers["Content-Type"] = "application/json"; '
        'wrk.headers["Sec-Fetch-Site"] = "same-origin"\n'
    )
    lines = body if case == "POST JSON" else ""
    if varied:
        joint = "&" if "?" in CASES[case] else "?"
        lines += (
            f'local n = 0\nrequest = function() n = n + 1; return wrk.format(nil, "{CASES[case]}{joint}n=" .. n) end\n'
        )
    elif pipeline > 1:
        lines += (
            f"local all\ninit = function(args) local r = {{}}; for i = 1, {pipeline} do r[i] = wrk.format() end; "
            "all = table.concat(r) end\nrequest = function() return all end\n"
        )
    path = folder / "script.lua"
    path.write_text(lines)
    return path


def processor(pid: int) -> float:
    """Return the seconds of processor time that a process and those it started have used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    used = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used + sum(processor(int(child)) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())


def rate(folder: Path, port: int, case: str, options: argparse.Namespace) -> tuple[float, int]:
    """Return requests a second and how many there were, or nothing of either if an answer was wrong."""
    written = script(folder, case, options.pipeline, options.varied)
    command = ["wrk", "-t1", f"-c{options.connections}", f"-d{options.seconds}", "-s", str(written)]
    output = subprocess.run([*command, f"http://127.0.0.1:{port}{CASES[case]}"], capture_output=True, text=True).stdout
    if "Non-2xx" in output or "Requests/sec" not in output:
        return 0.0, 0
    return float(re.search(r"Requests/sec:\s+([\d.]+)", output)[1]), int(re.search(r"(\d+) requests in", output)[1])


def memory(process: "subprocess.Popen[bytes]") -> float:
    """Return megabytes of the process and those it started."""
    found = 0
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for pid in (process.pid, *children):
        status = Path(f"/proc/{pid}/status").read_text()
        found += int(re.search(r"VmRSS:\s+(\d+)", status)[1])
    return found / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--pipeline", type=int, default=1)
    parser.add_argument("--varied", action="store_true", help="another target with each request: n=1, n=2, ...")
    parser.add_argument("--only", default="")
    parser.add_argument("--cases", default=",".join(CASES))
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed")
    names = [name for name, (module, *_) in SERVERS.items() if importlib.util.find_spec(module) is not None]
    if options.only:
        names = [name for name in names if any(part in name.lower() for part in options.only.lower().split(","))]
    cases = options.cases.split(",")
    rates: dict[tuple[str, str], list[float]] = {}
    costs: dict[tuple[str, str], list[float]] = {}
    first: dict[str, list[float]] = {name: [] for name in names}
    idle: dict[str, list[float]] = {name: [] for name in names}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for _ in range(options.rounds):
            for server in names:
                port = free_port()
                process = start(folder, server, port)
                try:
                    first[server].append(wait(port, process))
                    idle[server].append(memory(process))
                    for case in cases:
                        before = processor(process.pid)
                        found, count = rate(folder, port, case, options)
                        used = (processor(process.pid) - before) / count * 1e6 if count else 0.0
                        rates.setdefault((server, case), []).append(found)
                        costs.setdefault((server, case), []).append(used)
                finally:
                    process.terminate()
                    try:
                        process.wait(5)
                    except subprocess.TimeoutExpired:
                        process.kill()
                        process.wait()
    print(f"| server | {' | '.join(cases)} | first answer s | idle MB |")
    print("|---|" + "---:|" * (len(cases) + 2))
    for server in names:
        cells = []
        for case in cases:
            mine, base = rates[server, case], rates.get((names[0], case), [1.0])
            ratio = statistics.median(a / b if b else 0 for a, b in zip(mine, base, strict=False))
            cells.append(f"{statistics.median(mine):,.0f} ({ratio:.2f})")
        print(f"| {server} | {' | '.join(cells)} | {statistics.median(first[server]):.2f} | {min(idle[server]):.0f} |")
    print(f"\nIn brackets: the ratio to {names[0]}, the median of {options.rounds} rounds.\n")
    print(f"| processor time a request, us | {' | '.join(cases)} |")
    print("|---|" + "---:|" * len(cases))
    for server in names:
        cells = []
        for case in cases:
            mine, base = min(costs[server, case]), min(costs.get((names[0], case), [1.0]))
            cells.append(f"{mine:.1f} ({base / mine if mine else 0:.2f})")
        print(f"| {server} | {' | '.join(cells)} |")
    print(f"\nIn brackets: the speed compared with {names[0]}.")


if __name__ == "__main__":
    main()
