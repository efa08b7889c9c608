"""The README's example of another framework works: each request has the database, in tasks and in threads."""

import asyncio
import re
from contextvars import Context
from pathlib import Path
from typing import Any

import pytest

from partita.orm import CharField, Model, NoDatabaseError, Registry

fastapi: Any = pytest.importorskip("fastapi")


class Note(Model):
    """A text."""

    text = CharField(max_length=20)

    class Meta:
        registry = Registry()
        app_label = "frameworks"


async def get(app: Any, path: str) -> str:
    """Return the body of the answer to a GET request, made in a context that knows nothing, as a server does."""
    sent: list[Any] = []
    scope = {"type": "http", "method": "GET", "path": path, "headers": [], "query_string": b"", "http_version": "1.1"}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return b"".join(message.get("body", b"") for message in sent).decode()


def test_the_readmes_application_gives_each_request_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    readme = (Path(__file__).parents[1] / "README.md").read_text()
    (example,) = re.findall(r"```python\n(.*?)```", readme.partition("## In other programs")[2], re.DOTALL)
    program: dict[str, Any] = {}
    exec(compile(example, "README.md", "exec"), program)
    app, database = program["app"], program["database"]

    def plain() -> list[str]:
        return [note.text for note in Note.objects.order_by("pk")]

    async def awaited() -> int:
        note = await Note.objects.acreate(text="awaited")
        assert await Note.objects.aget(pk=note.pk) == note
        return await Note.objects.acount()

    app.get("/plain")(plain)
    app.get("/awaited")(awaited)

    async def main() -> None:
        await database.acreate_all(Note)
        async with app.router.lifespan_context(app):
            counts = await asyncio.gather(*(get(app, "/awaited") for _ in range(5)))
            assert max(counts) == "5"
            assert await get(app, "/plain") == '["awaited","awaited","awaited","awaited","awaited"]'
            with pytest.raises(NoDatabaseError, match="enter it in each"):
                await Note.objects.acount()

    Context().run(asyncio.run, main())  # in this one a database may be current already
