"""The models of the comparison, declared with the classes of either side."""

from types import SimpleNamespace
from typing import Any

__all__ = ("declare",)


def declare(orm: Any, **options: Any) -> SimpleNamespace:
    """Declare the models.

    Args:
        orm: What has ``Model``, fields and rules of deletion: ``django.db.models`` or ``partita.orm``.
        options: What every ``Meta`` says besides.
    """
    given = {"app_label": "differential", **options}

    def meta(**more: Any) -> type:
        return type("Meta", (), {**given, **more})

    class Person(orm.Model):  # type: ignore[misc,name-defined]  # the base is a value
        name = orm.CharField(max_length=60)
        nick = orm.CharField(max_length=60, null=True)
        age = orm.IntegerField(null=True)
        born = orm.DateField(null=True)
        boss = orm.ForeignKey("self", orm.SET_NULL, null=True, related_name="staff")
        Meta = meta()

    class Critic(Person):
        strict = orm.BooleanField(default=False)
        paper = orm.CharField(max_length=60, default="")
        Meta = meta()

    class Genre(orm.Model):  # type: ignore[misc,name-defined]
        name = orm.CharField(max_length=60)
        parent = orm.ForeignKey("self", orm.CASCADE, null=True, related_name="children")
        Meta = meta(ordering=("name",))

    class Album(orm.Model):  # type: ignore[misc,name-defined]
        title = orm.CharField(max_length=60)
        artist = orm.ForeignKey(Person, orm.CASCADE, related_name="albums")
        producer = orm.ForeignKey(Person, orm.SET_NULL, null=True, related_name="produced")
        genres = orm.ManyToManyField(Genre, related_name="albums")
        players = orm.ManyToManyField(Person, through="Credit", related_name="played")
        price = orm.DecimalField(max_digits=8, decimal_places=2, null=True)
        year = orm.IntegerField(null=True)
        rating = orm.FloatField(null=True)
        released = orm.DateTimeField(null=True)
        live = orm.BooleanField(default=False)
        data = orm.JSONField(null=True)
        Meta = meta(ordering=("title", "-year"))

    class Credit(orm.Model):  # type: ignore[misc,name-defined]
        album = orm.ForeignKey(Album, orm.CASCADE, related_name="credits")
        person = orm.ForeignKey(Person, orm.CASCADE, related_name="credits")
        role = orm.CharField(max_length=60, null=True)
        Meta = meta()

    class Track(orm.Model):  # type: ignore[misc,name-defined]
        album = orm.ForeignKey(Album, orm.CASCADE, related_name="tracks")
        number = orm.IntegerField()
        name = orm.CharField(max_length=60)
        length = orm.DurationField(null=True)
        Meta = meta(ordering=("album", "number"), unique_together=(("album", "number"),))

    class Sleeve(orm.Model):  # type: ignore[misc,name-defined]
        album = orm.OneToOneField(Album, orm.CASCADE, related_name="sleeve")
        colour = orm.CharField(max_length=60, null=True)
        Meta = meta()

    class Review(orm.Model):  # type: ignore[misc,name-defined]
        album = orm.ForeignKey(Album, orm.CASCADE, null=True, related_name="reviews")
        critic = orm.ForeignKey(Critic, orm.SET_NULL, null=True, related_name="reviews")
        stars = orm.IntegerField(null=True)
        text = orm.TextField(default="")
        day = orm.DateField(null=True)
        Meta = meta()

    return SimpleNamespace(
        Person=Person,
        Critic=Critic,
        Genre=Genre,
        Album=Album,
        Credit=Credit,
        Track=Track,
        Sleeve=Sleeve,
        Review=Review,
    )
