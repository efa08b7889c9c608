"""A form with a file of 10 MB: time and memory, beside Django's parser if Django can be imported.

python packages/http/bench/bench_multipart.py
"""

import io
import statistics
import time
import tracemalloc
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from partita.http import Limits
from partita.http.forms import FormReader
from partita.http.media_types import parse_media_type

MEGABYTE = 1_048_576
BOUNDARY = "partita-bench-0123456789"
KIND = f"multipart/form-data; boundary={BOUNDARY}"
CHUNK = 65_536


def body(size: int, content: bytes) -> bytes:
    """Return a form with a field and a file.

    Args:
        size: Bytes of the file.
        content: What the file is made of, over and over.
    """
    data = (content * (size // len(content) + 1))[:size]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--{BOUNDARY}\r\n'
    file = (
        'Content-Disposition: form-data; name="f"; filename="f.bin"\r\nContent-Type: application/octet-stream\r\n\r\n'
    )
    return f"{head}{file}".encode() + data + f"\r\n--{BOUNDARY}--\r\n".encode()


def chunks(data: bytes) -> Iterator[bytes]:
    """Give ``data`` as a server does."""
    view = memoryview(data)
    for start in range(0, len(data), CHUNK):
        yield bytes(view[start : start + CHUNK])


def with_partita(data: bytes) -> None:
    """Read the form."""
    with FormReader(parse_media_type(KIND), Limits()) as reader:
        for chunk in chunks(data):
            reader.feed(chunk)
        reader.finish().close()


def with_django() -> Callable[[bytes], None] | None:
    """Return what reads the form with Django, or None without it."""
    try:
        settings: Any = import_module("django.conf").settings
    except ImportError:
        return None
    if not settings.configured:
        settings.configure(DATA_UPLOAD_MAX_MEMORY_SIZE=None)
    parser: Any = import_module("django.http.multipartparser").MultiPartParser
    handlers: Any = import_module("django.core.files.uploadhandler")

    def read(data: bytes) -> None:
        meta = {"CONTENT_TYPE": KIND, "CONTENT_LENGTH": len(data)}
        own = [handlers.MemoryFileUploadHandler(), handlers.TemporaryFileUploadHandler()]
        _, files = parser(meta, io.BytesIO(data), own, "utf-8").parse()
        for file in files.values():
            file.close()

    return read


def seconds(*reads: Callable[[bytes], None], data: bytes) -> list[float]:
    """Return the median of fifteen runs of each, by turns: processor time, user and system."""
    times: list[list[float]] = [[] for _ in reads]
    for _ in range(15):
        for read, found in zip(reads, times, strict=True):
            start = time.process_time()
            read(data)
            found.append(time.process_time() - start)
    return [statistics.median(found) for found in times]


def peak(read: Callable[[bytes], None], data: bytes) -> int:
    """Return the bytes that Python held at most, beyond the body itself."""
    tracemalloc.start()
    read(data)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return held


def main() -> None:
    """Print a table."""
    contents = {"zeros": b"\0", "text": b"lorem ipsum\n", "line breaks": b"\r\n", "dashes": b"\r\n--partita-bench-"}
    contents |= {"nearly the end": b"\r\n--" + BOUNDARY[:-1].encode(), "carriage returns": b"\r"}
    django = with_django()
    print(f"{'content':>16} {'partita':>16} {'Django':>16} {'ratio':>7}")
    for name, content in contents.items():
        data = body(10 * MEGABYTE, content)
        own, other = seconds(with_partita, django, data=data) if django else (*seconds(with_partita, data=data), None)
        shown = f"{other * 1e3:>9.1f} ms {other / own:>6.1f}x" if other is not None else "           -"
        print(f"{name:>16} {own * 1e3:>9.1f} ms {shown}")
    held = [peak(with_partita, body(size * MEGABYTE, b"\0")) // 1024 for size in (1, 10, 50)]
    print(f"memory for files of 1, 10 and 50 MB: {', '.join(f'{each} KiB' for each in held)}")


if __name__ == "__main__":
    main()
