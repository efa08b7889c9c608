"""The record shop's tables for SQLAlchemy's ORM, for peers that bring none."""

from decimal import Decimal

from sqlalchemy import ForeignKey, Numeric
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    """Base of the tables."""


class Artist(Base):
    __tablename__ = "shop_artist"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Genre(Base):
    __tablename__ = "shop_genre"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Album(Base):
    __tablename__ = "shop_album"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    artist_id: Mapped[int] = mapped_column(ForeignKey("shop_artist.id"))
    artist: Mapped[Artist] = relationship()


class Track(Base):
    __tablename__ = "shop_track"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    album_id: Mapped[int] = mapped_column(ForeignKey("shop_album.id"))
    genre_id: Mapped[int] = mapped_column(ForeignKey("shop_genre.id"))
    genre: Mapped[Genre] = relationship()
    composer: Mapped[str]
    milliseconds: Mapped[int]
    unit_price: Mapped[Decimal] = mapped_column(Numeric(10, 2))
