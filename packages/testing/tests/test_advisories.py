"""Flaws of other clients by their number, in the jar of the test client."""

import copy
import pickle
from datetime import UTC, datetime

import pytest

from partita.testing import CookieJar

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def fixed() -> datetime:
    return NOW


@pytest.mark.parametrize("way", ["kept", "copied", "deeply copied", "pickled", "taken twice"])
def test_cve_2026_54279_a_cookie_of_one_host_is_never_one_of_its_domain(way: str) -> None:
    jar = CookieJar(now=fixed)
    jar.take("own=1; Path=/", "shop.test", "/")
    jar.take("wide=1; Path=/; Domain=shop.test", "shop.test", "/")
    if way == "copied":
        jar = copy.copy(jar)
    elif way == "deeply copied":
        jar = copy.deepcopy(jar)
    elif way == "pickled":
        jar = pickle.loads(pickle.dumps(jar))
    elif way == "taken twice":
        jar.take("own=1; Path=/", "shop.test", "/")
    assert jar.get_cookie("own").host_only
    assert jar.header("shop.test", "/", secure=False) in {"own=1; wide=1", "wide=1; own=1"}
    for other in ("www.shop.test", "a.b.shop.test"):
        assert jar.header(other, "/", secure=False) == "wide=1"
    for other in ("badshop.test", "test", "shop.test.evil", "127.0.0.1"):
        assert jar.header(other, "/", secure=False) == ""
