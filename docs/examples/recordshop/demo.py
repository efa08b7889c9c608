"""Fill a fresh record shop with its data, make an administrator, and serve it."""

import argparse
import os
import secrets
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from partita.web import App

HERE = Path(__file__).parent
ADMIN = "admin@example.com"


def main() -> int:
    """Run the demo; return the exit status."""
    options = _options()
    options.data.mkdir(parents=True, exist_ok=True)
    if not options.no_serve:
        _refuse_a_port_in_use(options.host, options.port)
    database = options.data / "shop.sqlite3"
    if options.reset:
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)

    # The environment stands above partita.toml, so the shop itself knows nothing of the demo.
    os.environ["PARTITA_DATABASES__DEFAULT"] = f"sqlite:///{database.resolve()}"
    os.environ["PARTITA_SECRET_KEY"] = _secret_key(options.data / "secret_key")
    if options.host not in ("127.0.0.1", "localhost"):
        os.environ["PARTITA_ALLOWED_HOSTS"] = '["*"]'
    sys.path.insert(0, str(HERE))
    os.chdir(HERE)
    from shop.app import app

    with app:
        _prepare_tables(app)
        _load_data()
        password = _administrator()
    _say(f"\n  Shop            http://{options.host}:{options.port}/")
    _say(f"  Administration  http://{options.host}:{options.port}/admin/   {ADMIN}   password: {password}\n")
    if options.no_serve:
        return 0
    _say("  Ctrl+C stops the server.\n")
    from partita.server import serve

    serve(app, host=options.host, port=options.port)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on (default: %(default)s)")
    parser.add_argument("--data", type=Path, default=HERE / ".demo", help="where the database is kept (default: .demo)")
    parser.add_argument("--reset", action="store_true", help="begin with an empty database")
    parser.add_argument("--no-serve", action="store_true", help="make the database and stop")
    return parser.parse_args()


def _refuse_a_port_in_use(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SystemExit(f"Cannot listen on {host}:{port}: {error.strerror}. Choose another with --port.") from None


def _secret_key(file: Path) -> str:
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text()


def _prepare_tables(app: "App") -> None:
    from partita.migrations import migrate
    from partita.migrations.integration import MIGRATION_APPS
    from partita.orm import DATABASES

    start = time.perf_counter()
    applied = migrate(app.require(DATABASES), app.all(MIGRATION_APPS))
    if applied:
        _say(f"Tables made in {time.perf_counter() - start:.1f} s.")


def _load_data() -> None:
    from shop.loader import count_rows, load
    from shop.models import InvoiceLine

    if InvoiceLine.objects.exists():
        _say("The data is there already; --reset begins anew.")
        return
    start, total = time.perf_counter(), count_rows(HERE / "data")
    bar = _Bar(total)
    load(HERE / "data", bar.advance)
    _say(f"{total} rows loaded in {time.perf_counter() - start:.1f} s.")


class _Bar:
    """A progress bar; where the output is no terminal, a line a table."""

    def __init__(self, total: int) -> None:
        self._total, self._done, self._table = total, 0, ""

    def advance(self, table: str, rows: int) -> None:
        self._done += rows
        if sys.stdout.isatty():
            filled = 40 * self._done // self._total
            end = "\n" if self._done == self._total else ""
            sys.stdout.write(f"\r{'█' * filled}{'░' * (40 - filled)} {self._done:>6} {table:<16}{end}")
            sys.stdout.flush()
        elif table != self._table:
            _say(f"Loading {table} ...")
        self._table = table


def _administrator() -> str:
    from partita.auth.models import User

    password = secrets.token_urlsafe(9)
    user = User.objects.filter(email=ADMIN).first()
    if user is None:
        User.objects.create_superuser(ADMIN, password)
    else:
        user.set_password(password)
        user.save()
    return password


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main())
