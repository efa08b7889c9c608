"""The two pages on Flask, with SQLAlchemy's ORM and Jinja2."""

import os

from flask import Flask, Response, abort, render_template
from sqlalchemy import create_engine, select
from sqlalchemy.orm import joinedload, sessionmaker
from tables import Album, Track

app = Flask(__name__)
sessions = sessionmaker(create_engine(f"sqlite:///{os.environ['BENCH_DATABASE']}"))


@app.get("/hello/")
def hello() -> Response:
    return Response("Hello, world!", mimetype="text/plain")


@app.get("/albums/<int:pk>/")
def album(pk: int) -> str:
    with sessions() as session:
        found = session.scalar(select(Album).where(Album.id == pk).options(joinedload(Album.artist)))
        if found is None:
            abort(404)
        query = select(Track).where(Track.album_id == pk).options(joinedload(Track.genre)).order_by(Track.id)
        return render_template("album.html", album=found, tracks=list(session.scalars(query)))
