"""Threads that work for event loops: how many there are, and that what was begun is finished."""

import subprocess
import sys
import threading
import time

from partita.orm.threads import Threads


def test_no_more_threads_than_allowed_do_all_the_work() -> None:
    threads, gate, done, names = Threads(3, "spinner"), threading.Event(), threading.Semaphore(0), set[str]()

    def work() -> None:
        names.add(threading.current_thread().name)
        gate.wait()
        done.release()

    for _ in range(10):
        threads.submit(work)
    while len(names) < 3:
        time.sleep(0.001)
    gate.set()
    for _ in range(10):
        assert done.acquire(timeout=10)
    assert names == {"spinner-0", "spinner-1", "spinner-2"}


def test_work_given_before_the_end_is_done() -> None:
    threads, done = Threads(1, "last"), list[int]()
    for number in range(5):
        threads.submit(lambda number=number: done.append(number))  # type: ignore[misc]
    (worker,) = [each for each in threading.enumerate() if each.name == "last-0"]
    threads.shutdown()
    worker.join(10)
    assert done == [0, 1, 2, 3, 4]


def test_the_program_ends_after_the_work_that_was_begun() -> None:
    program = (
        "import time; from partita.orm.threads import Threads\n"
        "threads = Threads(1, 'x')\n"
        "threads.submit(lambda: (time.sleep(0.2), print('finished', flush=True)))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "finished\n"
