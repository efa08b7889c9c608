"""Flaws of other frameworks by their number, that `test_known_vulnerabilities` has no room for."""

import threading
from collections.abc import Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http.errors import UnprocessableContent
from partita.security.errors import DestinationRefused
from partita.security.outgoing import OutgoingGuard, fetch
from partita.security.uploads import safe_filename


class Redirecting(BaseHTTPRequestHandler):
    """Redirects ``/to/<status>/<address>`` and remembers what each host was told."""

    told: list[tuple[str, str, dict[str, str]]] = []

    def do_GET(self) -> None:
        self.told.append((self.command, self.headers["Host"], {k.lower(): v for k, v in self.headers.items()}))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        _, _, rest = self.path.partition("/to/")
        status, _, onward = rest.partition("/")
        self.send_response(int(status) if onward else 200)
        if onward:
            self.send_header("Location", onward)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_POST = do_GET

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    Redirecting.told.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def other(port: int) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Redirecting) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def guard(*ports: int) -> OutgoingGuard:
    def resolve(host: str, port: int) -> Iterable[str]:
        return ["127.0.0.1"]

    return OutgoingGuard(ports=ports, networks=["127.0.0.1/32"], resolve=resolve)


SECRETS = {"Authorization": "Bearer s", "cookie": "a=s", "Proxy-Authorization": "Basic s", "X-Public": "p"}


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("where", ["another host", "another port", "there and back"])
def test_cve_2022_21712_cve_2026_49853_credentials_stay_where_they_were_meant_for(
    port: int, other: int, status: int, where: str
) -> None:
    onward = {
        "another host": f"http://b.test:{port}/",
        "another port": f"http://a.test:{other}/",
        "there and back": f"http://b.test:{port}/to/{status}/http://a.test:{port}/",
    }[where]
    fetch(f"http://a.test:{port}/to/{status}/{onward}", guard(port, other), headers=SECRETS)
    (first, *later) = [fields for _, _, fields in Redirecting.told]
    assert {"authorization", "cookie", "proxy-authorization"} <= first.keys()
    assert later
    for fields in later:
        assert not {"authorization", "cookie", "proxy-authorization"} & fields.keys()
        assert fields["x-public"] == "p"


def test_cve_2022_21712_credentials_go_along_within_one_origin(port: int) -> None:
    fetch(f"http://a.test:{port}/to/302/http://A.TEST:{port}/x", guard(port), headers=SECRETS)
    assert [fields.get("authorization") for _, _, fields in Redirecting.told] == ["Bearer s", "Bearer s"]


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/",
        "//10.0.0.1/",
        "file:///etc/passwd",
        "http://a.test:22/",
        "gopher://a/",
        "http://u@a.test/",
    ],
)
def test_cve_2022_21712_a_redirect_leads_only_where_a_request_may_go(port: int, location: str) -> None:
    def resolve(host: str, port: int) -> Iterable[str]:
        return ["127.0.0.1"] if host == "a.test" else [host]

    own = OutgoingGuard(ports=[port, 80], networks=["127.0.0.1/32"], resolve=resolve)
    with pytest.raises(DestinationRefused):
        fetch(f"http://a.test:{port}/to/302/{location}", own)
    assert len(Redirecting.told) == 1


@pytest.mark.parametrize(
    "name", ["con", "NUL.tar.gz", "aux .txt", "com\u00b9", "\uff23\uff2f\uff2e", "lpt\u2079.x", "prn."]
)
def test_ghsa_g6x2_hccm_hh4m_no_upload_is_named_like_a_device_however_it_is_spelt(name: str) -> None:
    kept = safe_filename(name)
    assert kept.startswith("_")
    assert kept == safe_filename(kept)


@given(st.text(alphabet="con.CON \u00b9/\\:a\u0301\ufdfatxp", min_size=1, max_size=80), st.integers(1, 30))
def test_ghsa_g6x2_hccm_hh4m_what_is_cut_becomes_no_device_either(name: str, most: int) -> None:
    try:
        kept = safe_filename(name, most)
    except UnprocessableContent:
        return
    assert 0 < len(kept) <= most
    assert not kept.startswith((".", " "))
    assert not kept.endswith((".", " "))
    assert kept.partition(".")[0].strip().lower() not in {"con", "prn", "aux", "nul", "com1"}
    assert safe_filename(kept, most) == kept


def test_one_name_has_one_spelling_whatever_was_left_out_of_it() -> None:
    assert safe_filename("C:\u0301") == safe_filename("C\u0301") == safe_filename("\u0106") == "\u0106"
