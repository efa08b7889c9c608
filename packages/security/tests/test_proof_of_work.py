import asyncio
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.http import Request, Response
from partita.http.conditions import for_paths
from partita.security import SecuritySettings, headers_middleware
from partita.security.proof_of_work import is_solved, proof_of_work_middleware, solve


class Signer:
    """Signs with the time, as `TimestampSigner` does, and tells the test's time."""

    now = 0.0

    def sign(self, value: str) -> str:
        return f"{value}:{self.now}:signed"

    def unsign(self, signed: str, max_age: Any = None) -> str:
        value, _, rest = signed.partition(":")
        time, _, mark = rest.partition(":")
        if mark != "signed" or self.now - float(time) > max_age:
            raise ValueError("not ours, or too old")
        return value


async def view(request: Request) -> Response:
    return Response.text("results")


def ask(signer: Signer, proof: str = "", path: str = "/search", client: str = "192.0.2.1") -> Response:
    handle = proof_of_work_middleware(signer, for_paths("/search"), bits=8)(view)
    headers = {"Cookie": f"proof={proof}"} if proof else {}
    return asyncio.run(handle(Request.build("GET", path, headers=headers, client=(client, 1))))


def task(response: Response) -> dict[str, Any]:
    body = response.body
    assert isinstance(body, bytes)
    found = re.search(r"task = (\{.*?\}), encoder", body.decode())
    assert found is not None
    made: dict[str, Any] = json.loads(found[1])
    return made


def test_a_bot_without_proof_is_refused_and_a_browser_with_one_gets_the_page() -> None:
    signer = Signer()
    refused = ask(signer)
    assert (refused.status, refused.headers["cache-control"]) == (403, "no-store")
    proof = solve(task(refused)["challenge"], 8)
    assert ask(signer, proof).body == b"results"
    assert ask(signer, path="/other").body == b"results"


def test_a_proof_is_worth_nothing_for_others_later_or_changed() -> None:
    signer = Signer()
    challenge = task(ask(signer))["challenge"]
    proof = solve(challenge, 8)
    assert ask(signer, proof, client="198.51.100.7").status == 403
    assert ask(signer, challenge + ".1x").status == 403
    wrong = next(f"{challenge}.{number}" for number in range(1000) if not is_solved(f"{challenge}.{number}", 8))
    assert ask(signer, wrong).status == 403
    assert ask(signer, solve("invented-by-somebody:0:unsigned", 8)).status == 403
    signer.now = 3601.0
    assert ask(signer, proof).status == 403


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=';,"\\'), max_size=60))
def test_any_cookie_is_refused_that_is_no_proof(cookie: str) -> None:
    assert ask(Signer(), cookie).status == 403


def test_its_script_runs_under_the_policy_of_the_site() -> None:
    guarded = proof_of_work_middleware(Signer(), lambda request: True)(view)
    response = asyncio.run(headers_middleware(SecuritySettings())(guarded)(Request.build()))
    body = response.body
    assert isinstance(body, bytes)
    nonce = re.search(rb'<script nonce="([^"]+)">', body)
    assert nonce is not None
    assert f"'nonce-{nonce[1].decode()}'" in response.headers["content-security-policy"]


def test_work_without_an_end_is_refused() -> None:
    with pytest.raises(ValueError, match="between 1 and 32"):
        proof_of_work_middleware(Signer(), lambda request: True, bits=33)
