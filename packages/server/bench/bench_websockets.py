"""Memory of idle WebSockets in one worker, and round trips of messages; as a Markdown table.

    python bench/bench_websockets.py [--sockets 10000]

The client's sockets are opened by processes of their own, so only the server's memory is counted.
"""

import argparse
import asyncio
import base64
import resource
import socket
import subprocess
import sys
import time

SERVER = """
import sys
from partita.server import Options, serve
async def app(scope, receive, send):
    if scope["type"] != "websocket":
        raise RuntimeError
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": message["text"]})
serve(app, port=int(sys.argv[1]), options=Options(websocket_ping_interval=0))
"""
PEERS = {
    "partita": SERVER,
    "uvicorn, websockets": SERVER.replace("from partita.server import Options, serve", "import uvicorn").replace(
        "serve(app, port=int(sys.argv[1]), options=Options(websocket_ping_interval=0))",
        "uvicorn.run(app, port=int(sys.argv[1]), log_level='error', ws='websockets', loop='uvloop', ws_ping_interval=None)",
    ),
    "uvicorn, wsproto": SERVER.replace("from partita.server import Options, serve", "import uvicorn").replace(
        "serve(app, port=int(sys.argv[1]), options=Options(websocket_ping_interval=0))",
        "uvicorn.run(app, port=int(sys.argv[1]), log_level='error', ws='wsproto', loop='uvloop', ws_ping_interval=None)",
    ),
}
KEY = base64.b64encode(bytes(16)).decode()


def request(port: int) -> bytes:
    return (
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {KEY}\r\n"
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    ).encode()


def kilobytes(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


async def opened(port: int, count: int) -> list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    found = []
    for at in range(count):
        # A source address of its own for each 20 000: one has no more ports than that.
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.0.{2 + at // 20_000}", 0))
        writer.write(request(port))
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise SystemExit(head)
        found.append((reader, writer))
    return found


async def rate(pair: tuple[asyncio.StreamReader, asyncio.StreamWriter], count: int) -> float:
    reader, writer = pair
    message = b"\x81\x85\0\0\0\0hello"
    begun = time.perf_counter()
    for _ in range(count):
        writer.write(message)
        await reader.readexactly(7)
    return count / (time.perf_counter() - begun)


def measure(source: str, count: int) -> tuple[float, float]:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    server = subprocess.Popen([sys.executable, "-c", source, str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)

        async def run() -> tuple[float, float]:
            first = await opened(port, 10)
            speed = await rate(first[0], 5000)
            before = kilobytes(server.pid)
            pairs = await opened(port, count)
            await asyncio.sleep(1)
            after = kilobytes(server.pid)
            for _, writer in [*first, *pairs]:
                writer.transport.abort()
            return (after - before) / count, speed

        return asyncio.run(run())
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=10_000)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(options.sockets, hard - 200)
    print("| server | idle sockets | kB a socket | round trips/s on one |\n|---|---:|---:|---:|")
    for name, source in PEERS.items():
        memory, speed = measure(source, count)
        print(f"| {name} | {count:,} | {memory:.1f} | {speed:,.0f} |")


if __name__ == "__main__":
    main()
