import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from partita.server import ServerError
from partita.server.certificates import expiry, expiry_warning

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def write(path: Path, end: datetime) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "n" * 60)])
    begin = datetime(2000, 1, 1, tzinfo=UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, end)
    path.write_bytes(built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


@pytest.mark.parametrize("end", [NOW, datetime(2049, 12, 31, 23, 59, 59, tzinfo=UTC), datetime(2060, 1, 2, tzinfo=UTC)])
def test_the_end_is_read_in_both_forms_of_time(tmp_path: Path, end: datetime) -> None:
    assert expiry(write(tmp_path / "c.pem", end)) == end


def test_people_are_told_14_days_before(tmp_path: Path) -> None:
    path = write(tmp_path / "c.pem", NOW + timedelta(days=14))
    assert expiry_warning(path, NOW) is None
    assert "ends on 2026-06-15, in 13 days. Renew it" in str(expiry_warning(path, NOW + timedelta(hours=1)))
    assert "ended on 2026-06-15: clients refuse it" in str(expiry_warning(path, NOW + timedelta(days=14)))


def test_a_file_without_a_certificate_is_told_plainly(tmp_path: Path) -> None:
    path = tmp_path / "c.pem"
    path.write_text("nothing")
    with pytest.raises(ServerError, match="does not begin with a certificate in PEM"):
        expiry(path)


@given(st.binary(max_size=60))
def test_nothing_but_the_documented_error_escapes(tmp_path_factory: pytest.TempPathFactory, der: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.pem"
    path.write_text(ssl.DER_cert_to_PEM_cert(der))
    with pytest.raises(ServerError):
        expiry(path)
