"""What holds when servers die and tasks are cancelled: nothing acknowledged is lost or doubled, nobody gets another's answer.

``PARTITA_KILL_ROUNDS`` and ``PARTITA_CANCELLATIONS`` make the proof longer; so long, time counts as well.
"""

import asyncio
import gc
import os
import pwd
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from pathlib import Path
from typing import Any

import pytest

from partita import bridge
from partita.orm import Database, OperationalError, OrmError, atomic, connect

ROUNDS = int(os.environ.get("PARTITA_KILL_ROUNDS", "2"))
CANCELLATIONS = int(os.environ.get("PARTITA_CANCELLATIONS", "5000"))
FULL_CANCELLATIONS = "PARTITA_CANCELLATIONS" in os.environ
STANDSTILL = 5.0 if "PARTITA_KILL_ROUNDS" in os.environ else 0.5  # seconds
FULL = "PARTITA_KILL_ROUNDS" in os.environ


class Cluster:
    """A PostgreSQL server of our own, which may be killed."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder, self.binaries = folder / "data", binaries
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres")
        self._run("initdb", "-D", str(self.folder), "-U", "postgres", "-A", "trust", "--no-sync")
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run("pg_ctl", "-D", str(self.folder), "-o", options, "-l", str(folder / "log"), "-w", "start")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def stop(self) -> None:
        """End it."""
        self._run("pg_ctl", "-D", str(self.folder), "-m", "immediate", "-w", "stop", check=False)

    def _run(self, name: str, *arguments: str, check: bool = True) -> None:
        who: dict[str, Any] = {"user": pwd.getpwnam("postgres").pw_uid} if os.getuid() == 0 else {}
        command = [str(self.binaries / name), *arguments]
        subprocess.run(command, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/", **who)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A server that lives as long as this module."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)
    found = shutil.which("initdb")
    if not places and found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no initdb: install PostgreSQL's server")
        pytest.skip("no initdb on this machine")
    # Not one of pytest's folders, which are closed to the user that PostgreSQL runs as.
    with tempfile.TemporaryDirectory(prefix="partita-cluster-") as folder:
        server = Cluster(Path(folder), (Path(found) if found else places[0]).parent)
        yield server
        server.stop()


def kill_a_backend(database: Database) -> None:
    """Kill a server process with a signal that it cannot catch; the server ends all others and recovers."""
    rows = database.execute(
        "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    os.kill(random.choice(rows)[0], signal.SIGKILL)


class Ledger:
    """Which transactions were acknowledged, and of which nobody knows."""

    def __init__(self) -> None:
        self.kept: set[int] = set()
        self.unknown: set[int] = set()
        self.next = 0
        self.lock = threading.Lock()

    def number(self) -> int:
        """Return a number that nobody had before."""
        with self.lock:
            self.next += 1
            return self.next

    def check(self, database: Database) -> None:
        """Hold it against what the database has, once it answers again."""
        for _ in range(1000):
            try:
                database.execute("SELECT 1")
                break
            except OrmError:
                time.sleep(0.02)
        found = [row[0] for row in database.execute("SELECT n FROM ledger")]
        pairs = [row[0] for row in database.execute("SELECT n FROM shadow")]
        assert len(found) == len(set(found)), "a row is there twice"
        assert self.kept <= set(found), "a row that was acknowledged is not there"
        assert set(found) <= self.kept | self.unknown, "a row is there that nobody wrote"
        assert sorted(found) == sorted(pairs), "half a transaction is there"


def survive(
    database: Database, kill: Callable[[], None], ledger: Ledger, work: Callable[[Callable[[], bool]], None]
) -> None:
    """Run writers through the rounds."""
    written = seconds = slowest = 0.0
    for _ in range(ROUNDS):
        before = len(ledger.kept)
        ended = threading.Event()
        writing = threading.Thread(target=copy_context().run, args=(work, ended.is_set))
        started = time.monotonic()
        writing.start()
        try:
            while len(ledger.kept) < before + 30:
                time.sleep(0.005)
            lost = len(ledger.unknown)
            written, seconds = written + len(ledger.kept) - before, seconds + time.monotonic() - started
            kill()
            while len(ledger.unknown) == lost:  # until the writers notice
                time.sleep(0.005)
            accepted = accepts_again(database)
            marked = len(ledger.kept)
            while len(ledger.kept) < marked + 30:
                time.sleep(0.005)
            slowest = max(slowest, time.monotonic() - accepted)
            if FULL:
                assert time.monotonic() - accepted < 2, "the pool did not recover"
        finally:
            ended.set()
            writing.join()
    ledger.check(database)
    assert ledger.unknown, "no round interrupted anybody"
    sys.stdout.write(
        f"{ROUNDS} rounds: {len(ledger.kept)} transactions acknowledged, {len(ledger.unknown)} interrupted, "
        f"{written / seconds:.0f} a second before each kill, at most {slowest:.2f} s until 30 more were\n"
    )


def accepts_again(database: Database) -> float:
    """Wait until the server takes connections, and return when it did."""
    probe = connect(database.url, connect_timeout=2.0, pool_size=1)
    while True:
        try:
            probe.execute("SELECT 1")
        except OrmError:
            time.sleep(0.005)
        else:
            probe.close()
            return time.monotonic()


@pytest.fixture
def doomed(cluster: Cluster) -> Iterator[Database]:
    """A database whose server will be killed, with two tables that each transaction writes to."""
    database = connect(cluster.url, pool_size=4)
    with database:
        for table in ("ledger", "shadow"):
            database.execute(f"DROP TABLE IF EXISTS {table}")
            database.execute(f"CREATE TABLE {table} (n integer)")
        yield database
    database.close()


def test_threads_that_write_survive_killed_servers(doomed: Database) -> None:
    ledger = Ledger()

    def write(over: Callable[[], bool]) -> None:
        while not over():
            number = ledger.number()
            try:
                with atomic():
                    doomed.execute("INSERT INTO ledger VALUES (%s)", [number])
                    doomed.execute("INSERT INTO shadow VALUES (%s)", [number])
            except OrmError:
                ledger.unknown.add(number)
                time.sleep(0.01)
            else:
                ledger.kept.add(number)

    def work(over: Callable[[], bool]) -> None:
        with ThreadPoolExecutor(6) as threads:
            for future in [threads.submit(copy_context().run, write, over) for _ in range(6)]:
                future.result()

    killer = connect(doomed.url)

    def kill() -> None:
        while True:
            try:
                return kill_a_backend(killer)
            except (OrmError, IndexError, ProcessLookupError):
                time.sleep(0.02)

    survive(doomed, kill, ledger, work)
    killer.close()
    pool = doomed.pool()
    assert (pool.in_use, len(pool._idle), len(set(map(id, pool._idle))), len(pool._line)) == (
        0,
        pool.open,
        pool.open,
        0,
    )


def test_tasks_that_write_survive_killed_servers(doomed: Database) -> None:
    ledger = Ledger()

    async def write(over: Callable[[], bool]) -> None:
        while not over():
            number = ledger.number()
            try:
                async with atomic():
                    await doomed.aexecute("INSERT INTO ledger VALUES (%s)", [number])
                    await doomed.aexecute("INSERT INTO shadow VALUES (%s)", [number])
            except OrmError:
                ledger.unknown.add(number)
                await asyncio.sleep(0.01)
            else:
                ledger.kept.add(number)

    def work(over: Callable[[], bool]) -> None:
        async def main() -> None:
            await asyncio.gather(*(asyncio.create_task(write(over)) for _ in range(8)))
            await doomed.aclose_native()

        asyncio.run(main())

    killer = connect(doomed.url)

    def kill() -> None:
        while True:
            try:
                return kill_a_backend(killer)
            except (OrmError, IndexError, ProcessLookupError):
                time.sleep(0.02)

    survive(doomed, kill, ledger, work)
    killer.close()


@pytest.mark.parametrize("harm", ["stopped for a while", "terminated", "cancelled"])
def test_tasks_that_write_survive_what_happens_to_single_sessions(doomed: Database, harm: str) -> None:
    """Sessions that stand still lose nothing; those that are ended lose what was not acknowledged, and are replaced."""
    ledger = Ledger()
    over = asyncio.Event()

    async def write() -> None:
        while not over.is_set():
            number = ledger.number()
            try:
                async with atomic():
                    await doomed.aexecute("INSERT INTO ledger VALUES (%s)", [number])
                    await doomed.aexecute("INSERT INTO shadow VALUES (%s)", [number])
            except OperationalError:
                ledger.unknown.add(number)
            else:
                ledger.kept.add(number)

    def hurt(session: int) -> None:
        if harm == "stopped for a while":
            os.kill(session, signal.SIGSTOP)
            time.sleep(STANDSTILL)
            os.kill(session, signal.SIGCONT)
            return
        asked = {"terminated": "SELECT pg_terminate_backend(%s)", "cancelled": "SELECT pg_cancel_backend(%s)"}[harm]
        killer.execute(asked, [session])

    def session() -> int:
        return int(
            killer.execute(
                "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() "
                "ORDER BY random() LIMIT 1"
            )[0][0]
        )

    async def main() -> None:
        writers = [asyncio.create_task(write()) for _ in range(8)]
        for _ in range(3 * ROUNDS):
            marked = len(ledger.kept)
            while len(ledger.kept) < marked + 20:
                await asyncio.sleep(0.005)
            await asyncio.to_thread(lambda: hurt(session()))
        over.set()
        await asyncio.gather(*writers)
        pool = await bridge.run(doomed.pool)
        assert pool.in_use == 0
        await doomed.aclose_native()

    killer = connect(doomed.url)
    asyncio.run(main())
    killer.close()
    ledger.check(doomed)
    if harm == "stopped for a while":
        assert not ledger.unknown


@pytest.mark.parametrize("way", ["awaiting", "blocking"])
def test_cancelled_tasks_leak_nothing_and_nobody_gets_anothers_answer(session_database: Database, way: str) -> None:
    """Two hundred tasks at a time share ten connections, and sixty in a hundred are cancelled at any moment."""
    # A database in memory is its connection; elsewhere this is about leaks, and not about how busy the machine is.
    patient = {"connect_timeout": 300.0, "pool_timeout": 300.0, "pool_size": 10, "busy_timeout": 300.0}
    database = session_database if session_database.is_memory else connect(session_database.url, **patient)
    choice = random.Random(17)
    question = {"sqlite": "SELECT %s", "postgresql": "SELECT %s::integer", "mysql": "SELECT %s"}[database.vendor]
    wrong: list[tuple[int, Any]] = []
    unheard: list[dict[str, Any]] = []
    answered = cancelled = 0
    total = (
        CANCELLATIONS if FULL_CANCELLATIONS else min(CANCELLATIONS, 5000 if database.vendor == "postgresql" else 1000)
    )
    if way == "blocking":
        total = total // 10  # each that is ended in the midst costs a connection, and a second one to end it

    async def ask(number: int) -> None:
        found = await database.aexecute(question, [number])
        if int(found[0][0]) != number:
            wrong.append((number, found))
        if number % 3 == 0:
            async with atomic(database):
                found = await database.aexecute(question, [number + 1])
                if number % 2:
                    async with atomic(database):
                        await database.aexecute(question, [number])
                if int(found[0][0]) != number + 1:
                    wrong.append((number, found))

    def ask_blocking(number: int) -> None:
        try:
            found = database.execute(question, [number])
            if int(found[0][0]) != number:
                wrong.append((number, found))
            if number % 3 == 0:
                with atomic(database):
                    found = database.execute(question, [number + 1])
                    if int(found[0][0]) != number + 1:
                        wrong.append((number, found))
        except OperationalError:  # what a thread hears whose task is cancelled
            stop = bridge.STOP.get()
            if stop is None or not stop.is_set:
                raise

    async def main() -> None:
        nonlocal answered, cancelled
        asyncio.get_running_loop().set_exception_handler(lambda _, told: unheard.append(told))
        number = 0
        while cancelled < total:
            tasks = []
            for _ in range(200):
                number += 1
                steps = ask(number) if way == "awaiting" else bridge.in_thread(ask_blocking, number)
                tasks.append(asyncio.create_task(steps))
            victims = choice.sample(tasks, 120)
            for victim in victims:
                if choice.random() < 0.3:
                    await asyncio.sleep(choice.random() * 0.001)
                victim.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, asyncio.CancelledError):
                    cancelled += 1
                elif outcome is None:
                    answered += 1
                else:
                    raise outcome
        pool = await bridge.run(database.pool) if way == "awaiting" else database.pool()
        while pool.in_use and way == "blocking":  # threads end after their tasks
            await asyncio.sleep(0.01)
        assert pool.in_use == 0, "a connection was never given back"
        assert pool.open <= 10
        assert await database.aexecute(question, [1]) == [(1,)]
        await database.aclose_native()
        assert not asyncio.all_tasks() - {asyncio.current_task()}

    try:
        asyncio.run(main())
    finally:
        sys.stdout.write(f"{cancelled} cancelled, {answered} answered, {way} over {database.vendor}\n")
        if database is not session_database:
            database.close()
    gc.collect()
    assert wrong == []
    assert unheard == []
    assert answered > 0
    assert cancelled >= total


def test_the_pool_serves_in_the_order_of_asking() -> None:
    database = connect("sqlite://:memory:", pool_size=1)
    served: list[int] = []

    async def main() -> None:
        link = database.pool().acquire()

        async def ask(number: int) -> None:
            mine = await database.pool().aacquire()
            served.append(number)
            await asyncio.sleep(0)
            database.pool().release(mine)

        tasks = []
        for number in range(20):
            tasks.append(asyncio.create_task(ask(number)))
            await asyncio.sleep(0)
        for number in (3, 7):
            tasks[number].cancel()
        await asyncio.sleep(0)
        database.pool().release(link)
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    assert served == [number for number in range(20) if number not in (3, 7)]
    assert database.pool().in_use == 0
    database.close()
