import copy
import json
import logging
import pickle

import msgspec
import pytest

from partita.config import Secret

KEY = Secret("hunter2")


class Holder(msgspec.Struct):
    key: Secret


@pytest.mark.parametrize(
    "shown",
    [
        str(KEY),
        repr(KEY),
        f"{KEY}",
        f"{KEY:>30}",
        f"{KEY!r}",
        f"{KEY} {KEY!r}",
        repr([KEY]),
        repr(Holder(KEY)),
    ],
)
def test_a_secret_is_never_shown(shown: str) -> None:
    assert "hunter2" not in shown
    assert "***" in shown


def test_a_secret_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").error("key %s", KEY)
    assert "hunter2" not in caplog.text


def test_a_secret_is_not_written_as_json() -> None:
    with pytest.raises(TypeError):
        json.dumps({"key": KEY})
    with pytest.raises(TypeError):
        msgspec.json.encode({"key": KEY})


def test_a_secret_is_revealed_on_demand() -> None:
    assert KEY.reveal() == "hunter2"


def test_secrets_compare_by_their_text_but_not_with_text() -> None:
    assert Secret("hunter2") == KEY
    assert Secret("other") != KEY
    assert KEY != "hunter2"
    assert hash(Secret("hunter2")) == hash(KEY)
    assert bool(KEY)
    assert not Secret("")


def test_a_secret_survives_copying_and_a_way_to_another_process() -> None:
    assert copy.deepcopy(KEY) == KEY
    assert pickle.loads(pickle.dumps(KEY)) == KEY
