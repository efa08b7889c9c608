"""Kill -9 during checkouts: an invoice is there with all its lines, or not at all."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

HERE = Path(__file__).parents[1]


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar())).open

    def get(self, path: str) -> str:
        return str(self.open(self.base + path, timeout=10).read().decode())

    def post(self, path: str, **fields: str) -> str:
        request = urllib.request.Request(
            self.base + path, urllib.parse.urlencode(fields).encode(), {"Sec-Fetch-Site": "same-origin"}
        )
        return str(self.open(request, timeout=10).read().decode())

    def buy(self) -> None:
        self.post("/cart/add/", album="1")
        found = re.search(r'name="reference" value="([0-9a-f-]{36})"', self.get("/checkout/"))
        assert found
        self.post(
            "/checkout/",
            reference=found[1],
            first_name="Ada",
            last_name="Lovelace",
            email="ada@example.com",
            address="1 Square",
            city="London",
            country="UK",
        )


def start(database: Path) -> tuple["subprocess.Popen[str]", str]:
    serve = (
        "import sys; sys.path.insert(0, '.'); import socket\n"
        "from shop.app import app\n"
        "from partita.server import serve\n"
        "probe = socket.socket(); probe.bind(('127.0.0.1', 0)); port = probe.getsockname()[1]; probe.close()\n"
        "sys.stdout.write(f'{port}\\n'); sys.stdout.flush()\n"
        "serve(app, host='127.0.0.1', port=port)\n"
    )
    environment = os.environ | {
        "PARTITA_DATABASES__DEFAULT": f"sqlite:///{database}",
        "PARTITA_SECRET_KEY": "a key for tests, long enough to be taken for a real one",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", serve], cwd=HERE, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    base = f"http://127.0.0.1:{process.stdout.readline().strip()}"
    for _ in range(100):
        try:
            urllib.request.urlopen(base + "/cart/", timeout=5).close()
            break
        except OSError:
            time.sleep(0.1)
    return process, base


def test_a_killed_server_leaves_no_half_invoice(database: Path) -> None:
    bought = 0
    for attempt in range(4):
        process, base = start(database)
        visitors = []
        for number in range(3):
            visitor = Visitor(base)
            secret = "correct horse battery 9"
            visitor.post(
                "/account/signup/", email=f"v{attempt}{number}@example.com", password=secret, password_again=secret
            )
            visitors.append(visitor)

        def shop(visitor: Visitor) -> None:
            nonlocal bought
            try:
                while True:
                    visitor.buy()
                    bought += 1
            except (OSError, AssertionError):
                return  # the server was killed

        threads = [threading.Thread(target=shop, args=(visitor,)) for visitor in visitors]
        for thread in threads:
            thread.start()
        time.sleep(0.7 + attempt * 0.13)
        process.send_signal(signal.SIGKILL)
        process.wait()
        for thread in threads:
            thread.join()
        assert process.stdout
        process.stdout.close()
    assert bought > 0  # or nothing was tested
    with sqlite3.connect(database) as rows:
        assert rows.execute("pragma integrity_check").fetchone() == ("ok",)
        half = rows.execute(
            "select count(*) from shop_invoice i where i.id > 412 and (select count(*) from shop_invoiceline l where l.invoice_id = i.id) <> 10"
        ).fetchone()
        whole = rows.execute("select count(*) from shop_invoice where id > 412").fetchone()
    assert half == (0,)
    assert whole[0] >= bought
