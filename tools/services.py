"""The services that tests talk to: which are here, and how a Debian machine in CI gets the others."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

__all__ = ("SERVICES", "Service", "prepare")


@dataclass(frozen=True)
class Service:
    """One service or program that some tests need."""

    name: str
    package: str  # the Debian package that brings it
    programs: tuple[str, ...]  # any of them shows that it is installed
    port: int | None = None  # where it listens; None for a mere program
    start: Callable[[], None] | None = None
    settle: Callable[[], None] | None = None  # accounts and databases, after a first install

    def runs(self) -> bool:
        """Whether it can be used now."""
        if self.port is None:
            return self.installed()
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def installed(self) -> bool:
        """Whether its program is on the machine."""
        return any(shutil.which(program) or Path(program).exists() for program in self.programs)


def prepare(*, install: bool) -> list[str]:
    """See that the services run, and tell which do not.

    Args:
        install: Install and start what is missing (CI on Debian, as root); else only look.

    Returns:
        The names of those that cannot be used.
    """
    missing = [service for service in SERVICES if not service.runs()]
    if install and missing:
        absent = [service for service in missing if not service.installed()]
        if absent:
            packages = [service.package for service in absent]
            sys.stdout.write(f"==> Installing {', '.join(packages)} from Debian ...\n")
            sys.stdout.flush()
            _run("apt-get", "update", "-q")
            with _nothing_started():
                _run("apt-get", "install", "-y", "-q", "--no-install-recommends", *packages)
        for service in missing:
            if not service.runs() and service.start is not None:
                sys.stdout.write(f"==> Starting {service.name} ...\n")
                sys.stdout.flush()
                service.start()
                _await(service)
            if service in absent and service.settle is not None:
                service.settle()
    return [service.name for service in SERVICES if not service.runs()]


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Let Debian start nothing that it installs: half a dozen web servers would all want port 80, and fail to install."""
    policy = Path("/usr/sbin/policy-rc.d")
    if policy.exists():
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n", "utf-8")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


def _await(service: Service) -> None:
    deadline = time.monotonic() + 60
    while not service.runs() and time.monotonic() < deadline:
        time.sleep(0.2)


def _run(*command: str, input: str | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, input=input, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.stdout.write(
            f"    {' '.join(command)} failed ({done.returncode}):\n{done.stdout[-800:]}{done.stderr[-800:]}\n"
        )


def _start_postgresql() -> None:
    for cluster in sorted(Path("/etc/postgresql").glob("*/main")):
        _run("pg_ctlcluster", "--skip-systemctl-redirect", cluster.parent.name, "main", "start")


def _settle_postgresql() -> None:
    # Tests connect as postgres over TCP without a password: right for a throw-away machine only.
    for rules in Path("/etc/postgresql").glob("*/main/pg_hba.conf"):
        rules.write_text(rules.read_text("utf-8").replace("scram-sha-256", "trust"), "utf-8")
        _run("pg_ctlcluster", "--skip-systemctl-redirect", rules.parts[3], "main", "reload")
    script = "CREATE ROLE root SUPERUSER LOGIN;\nCREATE DATABASE test;\n"
    _run("runuser", "-u", "postgres", "--", "psql", "-q", input=script)


def _start_mariadb() -> None:
    Path("/run/mysqld").mkdir(exist_ok=True)
    shutil.chown("/run/mysqld", "mysql", "mysql")
    _run(
        "start-stop-daemon", "--start", "--oknodo", "--background", "--exec", "/usr/sbin/mariadbd", "--", "--user=mysql"
    )


def _settle_mariadb() -> None:
    script = (
        "ALTER USER root@localhost IDENTIFIED VIA mysql_native_password USING PASSWORD('');\n"
        "CREATE DATABASE IF NOT EXISTS test;\n"
    )
    _run("mariadb", "-u", "root", input=script)


def _start_redis() -> None:
    _run("redis-server", "--daemonize", "yes", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no")


def _start_memcached() -> None:
    _run("memcached", "-d", "-u", "nobody", "-l", "127.0.0.1")


SERVICES = (
    Service(
        "PostgreSQL",
        "postgresql",
        ("/usr/bin/pg_ctlcluster",),
        5432,
        _start_postgresql,
        _settle_postgresql,
    ),
    Service("MariaDB", "mariadb-server", ("/usr/sbin/mariadbd", "mariadbd"), 3306, _start_mariadb, _settle_mariadb),
    Service("Redis", "redis-server", ("redis-server",), 6379, _start_redis),
    Service("memcached", "memcached", ("memcached",), 11211, _start_memcached),
    Service("Chromium", "chromium", ("chromium", "chromium-browser", "google-chrome")),
    Service("wrk", "wrk", ("wrk",)),
    Service("nginx", "nginx-light", ("nginx", "/usr/sbin/nginx")),
    Service("Caddy", "caddy", ("caddy",)),
    Service("HAProxy", "haproxy", ("haproxy", "/usr/sbin/haproxy")),
    Service("Apache", "apache2", ("apache2", "/usr/sbin/apache2")),
    Service("Varnish", "varnish", ("varnishd", "/usr/sbin/varnishd")),
    Service("Squid", "squid", ("squid", "/usr/sbin/squid")),
    Service("Traffic Server", "trafficserver", ("traffic_server",)),
    Service("H2O", "h2o", ("h2o",)),
    Service("lighttpd", "lighttpd", ("lighttpd", "/usr/sbin/lighttpd")),
    Service("PgBouncer", "pgbouncer", ("pgbouncer", "/usr/sbin/pgbouncer")),
    Service("nghttp", "nghttp2-client", ("nghttp",)),
    Service("slowhttptest", "slowhttptest", ("slowhttptest",)),
    Service("curl", "curl", ("curl",)),
    Service("Java", "default-jre-headless", ("java",)),
)
