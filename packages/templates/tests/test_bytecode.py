"""Compiled templates on disk."""

import os
import traceback
from pathlib import Path
from types import CodeType

import pytest

from partita.templates import DiskBytecode, Engine

SOURCE = "{% for a in items %}\n{{ a.title|upper }}{% endfor %}{% block x %}{{ boom }}{% endblock %}"


class Counting(DiskBytecode):
    """Counts what was found and what was not."""

    found = missed = 0

    def load(self, key: str) -> CodeType | None:
        code = super().load(key)
        if code is None:
            self.missed += 1
        else:
            self.found += 1
        return code


def rendered(cache: DiskBytecode, source: str = SOURCE) -> str:
    engine = Engine(templates={"page.html": source}, bytecode=cache)
    return engine.render("page.html", {"items": [{"title": "blue <1>"}], "boom": "x"})


def test_a_second_process_finds_what_the_first_compiled(tmp_path: Path) -> None:
    cache = Counting(tmp_path / "cache")
    first = rendered(cache)
    assert (cache.found, cache.missed) == (0, 1)
    assert rendered(cache) == first == "\nBLUE &lt;1&gt;x"
    assert (cache.found, cache.missed) == (1, 1)


def test_another_source_is_another_entry(tmp_path: Path) -> None:
    cache = Counting(tmp_path)
    rendered(cache)
    assert rendered(cache, "{{ boom }}!") == "x!"
    assert (cache.found, cache.missed) == (0, 2)
    assert rendered(cache, "\n" + SOURCE) != rendered(cache)


def test_a_broken_file_is_compiled_again(tmp_path: Path) -> None:
    cache = Counting(tmp_path)
    first = rendered(cache)
    (file,) = tmp_path.iterdir()
    for content in (file.read_bytes()[:-1], b"", b"x" * 100):
        file.write_bytes(content)
        assert rendered(cache) == first
    assert cache.found == 0


def test_the_folder_is_for_its_owner_alone_and_can_be_emptied(tmp_path: Path) -> None:
    cache = DiskBytecode(tmp_path / "cache")
    cache.clear()
    rendered(cache)
    if os.name == "posix":
        assert (tmp_path / "cache").stat().st_mode & 0o077 == 0
    cache.clear()
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_place_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert rendered(DiskBytecode(tmp_path / "file" / "below")) == "\nBLUE &lt;1&gt;x"


def test_tracebacks_show_template_lines_from_the_cache_too(tmp_path: Path) -> None:
    def fail() -> str:
        raise RuntimeError("no")

    for _ in range(2):
        engine = Engine(templates={"page.html": "a\n{{ fail }}"}, bytecode=DiskBytecode(tmp_path))
        with pytest.raises(RuntimeError) as raised:
            engine.render("page.html", {"fail": fail})
        shown = "".join(traceback.format_exception(raised.value))
        assert 'File "template:page.html", line 2' in shown
        assert "{{ fail }}" in shown
