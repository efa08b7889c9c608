"""The work in SQLAlchemy's ORM, sync; a session for each piece of work, as its documentation advises."""

import sys
from itertools import count

from sqlalchemy import ForeignKey, String, create_engine, delete, event, func, insert, select, update
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload, sessionmaker
from timing import check, items, remove_scratch, run

PATH = sys.argv[1]


class Base(DeclarativeBase):
    pass


class Artist(Base):
    __tablename__ = "artist"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    country: Mapped[str] = mapped_column(String(2))
    albums: Mapped[list["Album"]] = relationship(back_populates="artist")


class Album(Base):
    __tablename__ = "album"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(160))
    year: Mapped[int]
    minutes: Mapped[int]
    artist_id: Mapped[int] = mapped_column(ForeignKey("artist.id"))
    artist: Mapped[Artist] = relationship(back_populates="albums")


class Item(Base):
    __tablename__ = "item"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    number: Mapped[int]


engine = create_engine(f"sqlite:///{PATH}")
sessions = sessionmaker(engine)


@event.listens_for(engine, "connect")
def set_pragmas(link, _):
    link.execute("PRAGMA synchronous = NORMAL")
    link.execute("PRAGMA foreign_keys = ON")


def get() -> None:
    with sessions() as session:
        session.get_one(Album, 500)


def listed(statement, wanted: int) -> None:
    with sessions() as session:
        check(len(session.scalars(statement).all()), wanted)


def values() -> None:
    with sessions() as session:
        check(len(session.execute(select(Album.id, Album.title, Album.year)).all()), 10_000)


def prefetch() -> None:
    with sessions() as session:
        statement = select(Artist).where(Artist.id <= 100).options(selectinload(Artist.albums))
        check(sum(len(artist.albums) for artist in session.scalars(statement)), 1000)


def aggregate() -> None:
    with sessions() as session:
        session.execute(select(func.avg(Album.minutes), func.max(Album.year))).one()


def create() -> None:
    with sessions.begin() as session:
        session.add(Item(name="one", number=-5))


def save() -> None:
    first.number = -next(numbers)
    kept.commit()


def bulk() -> None:
    with sessions.begin() as session:
        session.add_all([Item(name=name, number=number) for name, number in items()])


def some() -> None:
    remove_scratch(PATH)
    with sessions.begin() as session:
        session.execute(insert(Item), [{"name": name, "number": number} for name, number in items()[:1000]])


def change() -> None:
    with sessions.begin() as session:
        session.execute(update(Item).where(Item.number >= 0).values(name="new"))


def remove() -> None:
    with sessions.begin() as session:
        check(session.execute(delete(Item).where(Item.number >= 0)).rowcount, 1000)


SYNC = {
    "get by pk": get,
    "filter, 100 instances": lambda: listed(select(Album).where(Album.year == 1950), 100),
    "filter, 10 000 instances": lambda: listed(select(Album).where(Album.minutes > 0), 10_000),
    "values_list, 10 000": values,
    "select_related, 1 000": lambda: listed(select(Album).options(joinedload(Album.artist)).limit(1000), 1000),
    "prefetch, 100 x 10": prefetch,
    "aggregate over 10 000": aggregate,
    "insert one": create,
    "save one changed field": save,
    "bulk insert 10 000": bulk,
    "update 1 000": change,
    "delete 1 000": remove,
}

kept = sessions(expire_on_commit=False)
numbers, first = count(2), kept.get_one(Item, 1)
kept.commit()
run(SYNC, {"bulk insert 10 000": lambda: remove_scratch(PATH), "update 1 000": some, "delete 1 000": some})
