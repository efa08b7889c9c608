import asyncio
import ssl
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization

from partita.http import Request, Response
from partita.server import Server, ServerError
from partita.server.tls import tls_context


def test_requests_over_tls_are_secure(certificate: Path) -> None:
    context = tls_context(certificate)

    async def app(request: Request) -> Response:
        return Response.text(request.url)

    async def main() -> bytes:
        server = Server(app, ssl=context)
        await server.start("127.0.0.1", 0)
        trusting = ssl.create_default_context(cafile=certificate)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.addresses[0][1], ssl=trusting)
        writer.write(b"GET /a HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n")
        answer = await reader.read()
        writer.close()
        assert await server.stop()
        return answer

    assert asyncio.run(main()).endswith(b"https://example.com/a")


def test_old_versions_of_tls_are_refused(certificate: Path) -> None:
    context = tls_context(certificate)
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert context.options & ssl.OP_NO_RENEGOTIATION


def test_files_that_cannot_be_used_are_told_plainly(certificate: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_text("no key")
    with pytest.raises(ServerError, match=r"both.pem and .*other.pem are not a certificate in PEM and its key"):
        tls_context(certificate, other)
    with pytest.raises(ServerError, match="Cannot read"):
        tls_context(tmp_path / "missing.pem")
    private = serialization.load_pem_private_key(certificate.read_bytes(), None)
    locked = tmp_path / "locked.pem"
    locked.write_bytes(
        private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"x")
        )
    )
    with pytest.raises(ServerError, match="has a password"):
        tls_context(certificate, locked)
