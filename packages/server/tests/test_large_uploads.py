"""A form with a large file: it goes to disk while it comes in, and takes no more memory than a small one.

96 MiB by default; PARTITA_UPLOAD_MIB=1024 for a whole gibibyte.
"""

import hashlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

MIB = 1 << 20
SIZE = int(os.environ.get("PARTITA_UPLOAD_MIB", "96"))
APP = """
import hashlib, resource, sys
from partita.http import Limits, Response
from partita.server import Options, serve

async def app(request):
    if request.method == "POST":
        form = await request.aform()
        file = form.files["file"]
        digest, size = hashlib.sha256(), 0
        for chunk in file.chunks(65_536):
            digest.update(chunk)
            size += len(chunk)
        return Response.json([form["before"], file.filename, size, digest.hexdigest()])
    return Response.text(str(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss))

limits = Limits(max_upload=1 << 40, max_file_size=1 << 40)
serve(app, port=0, options=Options(limits=limits), ready=lambda url: print(url, flush=True))
"""
PIECE = bytes(range(256)) * 256 * 4  # 256 KiB
BEFORE = (
    b'--B\r\nContent-Disposition: form-data; name="before"\r\n\r\ntext\r\n'
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
)
AFTER = b"\r\n--B--\r\n"


def ask(port: int, head: bytes, mib: int = 0) -> bytes:
    with socket.create_connection(("127.0.0.1", port), 120) as client:
        client.sendall(head)
        if mib:
            client.sendall(BEFORE)
            for _ in range(mib * MIB // len(PIECE)):
                client.sendall(PIECE)
            client.sendall(AFTER)
        answer = b""
        while more := client.recv(65_536):
            answer += more
    status, _, body = answer.partition(b"\r\n\r\n")
    assert b" 200 " in status, answer[:500]
    return body


def upload(port: int, mib: int) -> bytes:
    length = len(BEFORE) + mib * MIB + len(AFTER)
    head = f"POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {length}\r\n"
    return ask(port, f"{head}Content-Type: multipart/form-data; boundary=B\r\n\r\n".encode(), mib)


@pytest.mark.skipif(sys.platform != "linux", reason="platform: peaks of memory are in other units there")
def test_a_large_upload_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(APP)
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen([sys.executable, "app.py"], cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(b":")[2].strip(b"/\n"))
            peak = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
            upload(port, 8)
            before = int(ask(port, peak))
            digest = hashlib.sha256()
            for _ in range(SIZE * MIB // len(PIECE)):
                digest.update(PIECE)
            wanted = f'["text","big.bin",{SIZE * MIB},"{digest.hexdigest()}"]'.encode()
            assert upload(port, SIZE) == wanted
            grown = int(ask(port, peak)) - before
            assert grown < 8 * 1024, f"{grown} KiB more than for a small file"
        finally:
            process.terminate()
    assert not [each for each in tmp_path.iterdir() if each.name != "app.py"]  # nothing is left on disk
