"""Two shops with different settings and databases in one process, their requests interleaved: nothing leaks."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from partita.http import Request, Response
from partita.web import App


def test_interleaved_requests_see_only_their_own_app(
    loaded: Path, tmp_path: Path, make_app: Callable[..., App], copy_database: Callable[[Path, Path], Path]
) -> None:
    apps: dict[str, App] = {}
    for language, name in (("en", "Zyzzyva One"), ("de", "Zyzzyva Zwei")):
        file = copy_database(loaded, tmp_path / f"{language}.sqlite3")
        with closing(sqlite3.connect(file)) as rows, rows:
            rows.execute("update shop_artist set name = ? where id = 90", (name,))
        apps[name] = make_app(f"sqlite:///{file}", language, i18n={"languages": [language]})

    async def visit(name: str) -> None:
        app = apps[name]
        page = await app(Request.build("GET", "/artists/90/"))
        text = (await body(page)).decode()
        assert f"<h1><bdi>{name}</bdi></h1>" in text
        assert ("Zum Inhalt springen" in text) is (name == "Zyzzyva Zwei")
        data = await app(Request.build("GET", "/api/tracks/", query={"q": name}))
        assert b'"count":0' not in await body(data)
        other = next(each for each in apps if each != name)
        data = await app(Request.build("GET", "/api/tracks/", query={"q": other}))
        assert b'"count":0' in await body(data)

    async def main() -> None:
        for app in apps.values():
            await app.startup()
        await asyncio.gather(*(visit(name) for _ in range(25) for name in apps))
        for app in apps.values():
            await app.shutdown()

    asyncio.run(main())


async def body(response: Response) -> bytes:
    content = response.body
    assert isinstance(content, bytes)
    return content
