"""A sum to do before the page: cheap for one visitor, dear for a crowd of bots."""

import hmac
import json
import secrets
from collections.abc import Callable
from hashlib import sha256
from html import escape

from partita.http.handlers import Handler, Middleware
from partita.http.protected_cookies import SignsText
from partita.http.request import Request
from partita.http.response import Response
from partita.security.headers import CSP_NONCE
from partita.security.rate_limit import by_ip

__all__ = ("is_solved", "proof_of_work_middleware", "solve")

_TITLE = "One moment"
_TEXT = "Your browser is doing a small sum, to show that it is not one of very many. This takes a few seconds."
_NO_SCRIPT = "This page needs JavaScript once. If you cannot use it, please get in touch with us another way."
# SubtleCrypto digests one text a call; in batches, so that the page stays alive and the calls overlap.
_SCRIPT = """
(async () => {
  const task = %s, encoder = new TextEncoder();
  const zeros = bytes => { let n = 0; for (const b of bytes) { if (b) return n + Math.clz32(b) - 24; n += 8; } return n; };
  for (let from = 0; ; from += 256) {
    const numbers = Array.from({length: 256}, (_, i) => from + i);
    const digests = await Promise.all(numbers.map(n => crypto.subtle.digest("SHA-256", encoder.encode(task.challenge + "." + n))));
    const found = digests.findIndex(digest => zeros(new Uint8Array(digest)) >= task.bits);
    if (found >= 0) {
      document.cookie = task.cookie + "=" + task.challenge + "." + (from + found) + "; Path=/; SameSite=Lax; Max-Age=" + task.age
        + (location.protocol === "https:" ? "; Secure" : "");
      location.reload();
      return;
    }
  }
})();
"""


def proof_of_work_middleware(
    signer: SignsText,
    when: Callable[[Request], bool],
    *,
    bits: int = 16,
    lifetime: int = 3600,
    cookie: str = "proof",
    client_of: Callable[[Request], str] = by_ip,
) -> Middleware:
    """Return middleware that answers 403 with a sum to do, until the visitor's browser has done it.

    The answer is kept in a cookie and counts for this client and this time only. Nothing is kept on the server.

    Args:
        signer: Signs with the time, such as ``TimestampSigner(salt="proof of work")``.
        when: Which requests need it, such as ``for_paths("/search")``; leave out interfaces for programs.
        bits: Each one more doubles the work: 16 take about a second in a browser.
        lifetime: Seconds that a proof counts.
        cookie: Name of the cookie.
        client_of: What a proof is bound to; by default the client's network, so that one proof does not serve many machines.

    Raises:
        ValueError: If ``bits`` is not between 1 and 32.
    """
    if not 1 <= bits <= 32:
        raise ValueError(f"bits lies between 1 and 32, not {bits}: beyond, no browser comes to an end")

    def middleware(handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            if not when(request) or _proved(request, signer, bits, lifetime, cookie, client_of):
                return await handler(request)
            challenge = signer.sign(f"{secrets.token_urlsafe(12)}-{_client(request, client_of)}")
            return _page(request, {"challenge": challenge, "bits": bits, "cookie": cookie, "age": lifetime})

        return guarded

    return middleware


def solve(challenge: str, bits: int) -> str:
    """Return ``challenge`` with a number that proves the work; for tests and programs.

    Args:
        challenge: From the page.
        bits: How many zeros the digest begins with.
    """
    number = 0
    while not is_solved(f"{challenge}.{number}", bits):
        number += 1
    return f"{challenge}.{number}"


def is_solved(proof: str, bits: int) -> bool:
    """Tell whether the SHA-256 of ``proof`` begins with so many zeros."""
    return int.from_bytes(sha256(proof.encode("utf-8", "surrogatepass")).digest(), "big") >> (256 - bits) == 0


def _proved(
    request: Request, signer: SignsText, bits: int, lifetime: int, cookie: str, client_of: Callable[[Request], str]
) -> bool:
    proof = request.cookies.get(cookie, "")
    challenge, dot, number = proof.rpartition(".")
    if not dot or len(proof) > 512 or not number.isdigit() or not is_solved(proof, bits):
        return False
    try:
        signed = signer.unsign(challenge, max_age=lifetime)
    except ValueError:
        return False
    own = _client(request, client_of)
    return hmac.compare_digest(signed.encode()[-len(own) :], own.encode())


def _client(request: Request, client_of: Callable[[Request], str]) -> str:
    return sha256(client_of(request).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _page(request: Request, task: dict[str, object]) -> Response:
    nonce = f' nonce="{request[CSP_NONCE]}"' if CSP_NONCE in request.state else ""
    script = _SCRIPT % json.dumps(task).replace("<", "\\u003c")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f'<meta name="robots" content="noindex"><title>{_TITLE}</title></head><body><main><h1>{_TITLE}</h1>'
        f'<p role="status">{escape(_TEXT)}</p><noscript><p>{escape(_NO_SCRIPT)}</p></noscript></main>'
        f"<script{nonce}>{script}</script></body></html>"
    )
    return Response.html(page, status=403).with_header("Cache-Control", "no-store")
