"""The two pages on FastAPI, with SQLAlchemy's async ORM and Jinja2."""

import os
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import PlainTextResponse
from fastapi.templating import Jinja2Templates
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import joinedload
from starlette.responses import Response
from tables import Album, Track

app = FastAPI()
templates = Jinja2Templates(directory=Path(__file__).parent / "templates")
sessions = async_sessionmaker(create_async_engine(f"sqlite+aiosqlite:///{os.environ['BENCH_DATABASE']}"))


@app.get("/hello/")
async def hello() -> PlainTextResponse:
    return PlainTextResponse("Hello, world!")


@app.get("/albums/{pk}/")
async def album(request: Request, pk: int) -> Response:
    async with sessions() as session:
        found = await session.scalar(select(Album).where(Album.id == pk).options(joinedload(Album.artist)))
        if found is None:
            raise HTTPException(404)
        query = select(Track).where(Track.album_id == pk).options(joinedload(Track.genre)).order_by(Track.id)
        tracks = list(await session.scalars(query))
        return templates.TemplateResponse(request, "album.html", {"album": found, "tracks": tracks})
