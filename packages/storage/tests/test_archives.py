"""Archives from anywhere are unpacked, and nothing lands outside of the folder."""

import contextlib
import io
import os
import stat
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.storage import ArchiveError, ArchiveTooLarge, SuspiciousFileOperation
from partita.storage.archives import extract

Make = Callable[[Path, dict[str, bytes]], Path]


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return path


def taped(mode: str) -> Make:
    def make(path: Path, files: dict[str, bytes]) -> Path:
        with tarfile.open(path, mode) as tape:  # type: ignore[call-overload]
            for name, content in files.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                tape.addfile(info, io.BytesIO(content))
        return path

    return make


KINDS = [zipped, taped("w"), taped("w:gz"), taped("w:bz2"), taped("w:xz")]


@pytest.mark.parametrize("make", KINDS)
def test_an_archive_is_unpacked(make: Make, tmp_path: Path) -> None:
    files = {"a.txt": b"a", "in/b.txt": b"b" * 100_000, "in/deep/c": b"", "./d": b"d"}
    extract(make(tmp_path / "x", files), tmp_path / "out")
    assert (tmp_path / "out" / "in" / "b.txt").read_bytes() == b"b" * 100_000
    found = {each.relative_to(tmp_path / "out").as_posix() for each in (tmp_path / "out").rglob("*") if each.is_file()}
    assert found == {"a.txt", "in/b.txt", "in/deep/c", "d"}


@pytest.mark.parametrize("make", KINDS)
def test_a_folder_that_all_share_is_left_out(make: Make, tmp_path: Path) -> None:
    extract(make(tmp_path / "x", {"shop-1.0/a": b"", "shop-1.0/in/b": b""}), tmp_path / "out")
    assert (tmp_path / "out" / "in" / "b").is_file()
    extract(make(tmp_path / "y", {"single": b""}), tmp_path / "out")
    assert (tmp_path / "out" / "single").is_file()
    extract(make(tmp_path / "z", {"two/a": b"", "three": b""}), tmp_path / "out")
    assert (tmp_path / "out" / "two" / "a").is_file()


def test_the_folder_itself_may_be_among_the_members(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x", "w") as tape:
        for name in ("./shop", "./shop/in", "./shop/in/a"):
            info = tarfile.TarInfo(name)
            info.type = tarfile.REGTYPE if name.endswith("a") else tarfile.DIRTYPE
            tape.addfile(info)
    extract(tmp_path / "x", tmp_path / "out")
    assert (tmp_path / "out" / "in" / "a").is_file()


EVIL = [
    "../evil",
    "in/../../evil",
    "/evil",
    "..",
    "C:/evil",
    "c:evil",
    "..\\evil",
    "in\\..\\..\\evil",
    "in/a/../b/../../../evil",
]


@pytest.mark.parametrize("make", KINDS[:2])
@pytest.mark.parametrize("name", EVIL)
def test_cve_2021_3281_members_that_lead_out_are_refused_before_anything_is_written(
    make: Make, tmp_path: Path, name: str
) -> None:
    archive = make(tmp_path / "x", {"good": b"", name: b"evil"})
    with pytest.raises(SuspiciousFileOperation, match="Archive contains invalid path"):
        extract(archive, tmp_path / "in" / "out")
    assert [each.name for each in tmp_path.rglob("*")] == ["x"]


@pytest.mark.parametrize("make", KINDS[:2])
def test_cve_2025_59682_a_folder_whose_name_only_begins_alike_is_outside(make: Make, tmp_path: Path) -> None:
    for name in (f"{tmp_path}/out-evil/x", "../out-evil/x"):
        archive = make(tmp_path / "x", {"good": b"", name: b"evil"})
        with pytest.raises(SuspiciousFileOperation):
            extract(archive, tmp_path / "out")
    assert not (tmp_path / "out-evil").exists()


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    with tarfile.open(tmp_path / "x", "w") as tape:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = kind, "/etc"
        tape.addfile(info)
    with pytest.raises(SuspiciousFileOperation, match="a link or device: 'link'"):
        extract(tmp_path / "x", tmp_path / "out")


def test_links_in_zip_archives_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x", "w") as packed:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(info, "/etc")
    with pytest.raises(SuspiciousFileOperation, match="a link or device"):
        extract(tmp_path / "x", tmp_path / "out")


def test_links_that_were_in_the_folder_lead_nowhere(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "file").symlink_to(tmp_path / "outside" / "file")
    (out / "in").symlink_to(tmp_path / "outside")
    extract(zipped(tmp_path / "x", {"file": b"new", "other": b""}), out)
    assert (out / "file").read_text() == "new"
    assert (tmp_path / "outside" / "file").read_text() == "mine"
    with pytest.raises(SuspiciousFileOperation):
        extract(zipped(tmp_path / "y", {"in/file": b"new", "x": b""}), out)
    assert (tmp_path / "outside" / "file").read_text() == "mine"


@pytest.mark.parametrize("make", KINDS)
def test_what_comes_out_is_bounded(make: Make, tmp_path: Path) -> None:
    bomb = make(tmp_path / "x", {"a": b"\0" * 3_000_000, "b": b""})
    with pytest.raises(ArchiveTooLarge, match="more than 1000000 bytes come out"):
        extract(bomb, tmp_path / "out", max_size=1_000_000)
    many = make(tmp_path / "y", {str(number): b"" for number in range(20)})
    with pytest.raises(ArchiveTooLarge, match="more than 10 members"):
        extract(many, tmp_path / "out", max_files=10)


def test_what_a_zip_says_about_its_size_is_not_believed(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "x", {"a": b"\0" * 100_000, "b": b""})
    raw = archive.read_bytes().replace((100_000).to_bytes(4, "little"), (5).to_bytes(4, "little"))
    archive.write_bytes(raw)
    with pytest.raises(ArchiveError):
        extract(archive, tmp_path / "out", max_size=1000)
    assert sum(each.stat().st_size for each in (tmp_path / "out").rglob("*")) <= 70_000


@pytest.mark.skipif(sys.platform == "win32", reason="platform: permissions to execute")
def test_permission_to_execute_is_kept_and_no_other(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x", "w") as tape:
        for name, mode in (("run", 0o4775), ("plain", 0o600), ("none", 0)):
            info = tarfile.TarInfo(name)
            info.mode = mode
            tape.addfile(info)
    extract(tmp_path / "x", tmp_path / "out")
    probe = tmp_path / "probe"
    probe.touch()
    usual = stat.S_IMODE(probe.stat().st_mode)
    modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "out").iterdir()}
    assert modes["plain"] == modes["none"] == usual
    assert modes["run"] & 0o100
    assert not modes["run"] & 0o7000


@given(
    st.binary(max_size=600), st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06" + b"\0" * 18, b"\x1f\x8b\x08", b"BZh9"])
)
def test_whatever_it_holds_only_the_documented_errors_escape(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, start: bytes
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "x").write_bytes(start + content)
    try:
        extract(folder / "x", folder / "out", max_size=10_000)
    except (ArchiveError, SuspiciousFileOperation):
        assert not [each for each in folder.iterdir() if each.name not in {"x", "out"}]


names = st.lists(st.sampled_from(["..", ".", "a", "b", "", "~", "C:", "\\", "con"]), min_size=1, max_size=5)


@given(st.lists(names.map("/".join), min_size=1, max_size=4, unique=True))
def test_whatever_the_members_are_called_nothing_lands_outside(
    tmp_path_factory: pytest.TempPathFactory, members: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    (folder / "in").mkdir()
    archive = taped("w")(folder / "x", {name or "empty": b"x" for name in members})
    with contextlib.suppress(ArchiveError, SuspiciousFileOperation):
        extract(archive, folder / "in" / "out")
    assert {each.name for each in folder.iterdir()} == {"x", "in"}
    assert {each.name for each in (folder / "in").iterdir()} <= {"out"}


def test_a_file_that_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        extract(tmp_path / "absent", tmp_path)
    assert os.listdir(tmp_path) == []
