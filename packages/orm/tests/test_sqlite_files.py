"""A new SQLite file that many open at once."""

import threading
from pathlib import Path

from partita.orm import connect


def test_first_connections_to_a_new_file_do_not_lock_each_other_out(tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def use(path: Path, start: threading.Barrier) -> None:
        start.wait()
        try:
            database = connect(f"sqlite:///{path}")
            database.fetch("select 1")
            database.close()
        except BaseException as error:  # noqa: BLE001 - shown by the assertion below
            failures.append(error)

    for attempt in range(15):
        start = threading.Barrier(6)
        threads = [threading.Thread(target=use, args=(tmp_path / f"{attempt}.sqlite3", start)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
