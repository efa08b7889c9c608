"""The SQL of a request ends with a comment that names its view."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.orm import CharField, Model
from partita.orm.databases import DATABASES
from partita.orm.registry import Registry
from partita.urls import include, path
from partita.web.query_tags import query_tags_layer, sql_comment
from partita.web.testing import application

MODELS = Registry()


class Track(Model):
    """A track."""

    title = CharField(max_length=20)

    class Meta:
        app_label = "tagged"
        registry = MODELS


async def awaited(request: Request, pk: int) -> Response:
    await Track.objects.acreate(title="100 %")
    found = [track.title async for track in Track.objects.filter(title__contains="%")]
    return Response.text(f"{found}")


def plain(request: Request, pk: int) -> Response:
    Track.objects.create(title="100 %")
    return Response.text(f"{[track.title for track in Track.objects.filter(title__contains='%')]}")


URLS = [
    path("shop/", include(([path("a/<int:pk>/", awaited, name="awaited"), path("s/<int:pk>/", plain)], "shop"))),
]


@pytest.mark.parametrize(
    ("target", "controller", "route"),
    [
        ("/shop/a/7/", "shop:awaited", "shop/a/<int:pk>/"),
        ("/shop/s/7/", f"shop:{__name__}.plain", "shop/s/<int:pk>/"),
    ],
)
def test_sql_text_ends_with_the_comment_of_the_view(target: str, controller: str, route: str, tmp_path: Path) -> None:
    seen: list[str] = []

    def watch(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with application(
        urls=URLS,
        databases={"default": f"sqlite:///{tmp_path}/x.db"},
        middleware=[query_tags_layer("records")],
    ) as app:
        database = app.require(DATABASES)["default"]
        database.create_all(Track)
        with database.execute_wrapper(watch):
            Track.objects.count()
            before = len(seen)
            response = asyncio.run(app.handle(Request.build("GET", target)))
    assert response.body == b"['100 %']"
    expected = f" /*app='records',controller='{controller}',route='{route}'*/"
    asked = [sql for sql in seen[before:] if "tagged" in sql]
    assert len(asked) == 2
    assert all(sql.endswith(expected) for sql in asked)
    assert not any("/*" in sql for sql in seen[:before])


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=300), max_size=4))
def test_no_tag_gets_out_of_its_comment(tags: dict[str, str]) -> None:
    comment = sql_comment(tags)
    if comment:
        assert comment.startswith("/*")
        assert comment.endswith("*/")
        inside = comment[2:-2]
        assert "*" not in inside
        assert not set('%?$;\\\n\r\x00!+"') & set(inside)
        assert len(inside) <= 4 * 520


def test_tags_without_values_are_left_out() -> None:
    assert sql_comment({"app": ""}) == ""
    assert sql_comment({"b": "2", "a": "1"}) == "/*a='1',b='2'*/"
