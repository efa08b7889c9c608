"""Flaws of other servers of static files, by their number."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest

from partita.http import Request, Response
from partita.static import StaticFiles, StaticNameError, serve_static


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "shop").mkdir(parents=True)
    (folder / "shop" / "<img src=x onerror=alert(1)>.css").write_text("odd")
    (folder / "shop" / "a.css").write_text("own")
    (tmp_path / "secret.txt").write_text("outside")
    return folder


async def beyond(request: Request) -> Response:
    return Response.text("beyond", 404)


def ask(root: Path, target: str) -> tuple[int, str]:
    async def main() -> tuple[int, str]:
        response = await serve_static(lambda: StaticFiles([root]), 60)(beyond)(Request.build("GET", target))
        return response.status, (await response.aread()).decode()

    return asyncio.run(main())


@pytest.mark.parametrize(
    "target", ["/static/", "/static", "/static/shop/", "/static/shop", "/static/shop/.", "/static/./"]
)
def test_cve_2024_27306_a_folder_shows_nothing_of_what_is_in_it(root: Path, target: str) -> None:
    assert ask(root, target) == (404, "beyond")


@pytest.mark.parametrize("inside", [True, False])
def test_cve_2025_69226_what_lies_outside_is_not_even_looked_for(
    root: Path, inside: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither an answer nor its time tells whether a path exists."""
    touched: list[str] = []

    def watching(name: str) -> None:
        real = getattr(os, name)

        def call(path: Any, *args: Any, **options: Any) -> Any:
            touched.append(os.fspath(path) if not isinstance(path, int) else "")
            return real(path, *args, **options)

        monkeypatch.setattr(os, name, call)

    for name in ("stat", "lstat", "open", "readlink"):
        watching(name)
    outside = [
        "../secret.txt",
        "../nothing.txt",
        "%2e%2e/secret.txt",
        "shop/../../secret.txt",
        "//etc/passwd",
        "/etc/passwd",
    ]
    for target in ["shop/a.css"] if inside else outside:
        status, _ = ask(root, f"/static/{target}")
        assert status == (200 if inside else 404)
    found = [path for path in touched if "secret" in path or "nothing" in path or "passwd" in path]
    assert found == []
    assert bool([path for path in touched if path.endswith("a.css")]) is inside  # what is watched is what is used


@pytest.mark.parametrize("name", ["con", "shop/NUL.css", "aux.js", "com¹", "a.css::$DATA", "C:a.css", "\\\\h\\a"])
def test_ghsa_g6x2_hccm_hh4m_cve_2026_34515_names_of_another_system_are_none_here(root: Path, name: str) -> None:
    with pytest.raises(StaticNameError):
        StaticFiles([root]).url_of(name)
    assert ask(root, f"/static/{name.replace('¹', '%C2%B9')}")[0] == 404
