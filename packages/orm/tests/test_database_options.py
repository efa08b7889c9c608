"""What stands in URLs and settings of databases: known options with values that make sense."""

import pytest
from sqlalchemy.engine import make_url

from partita.orm import Databases, NoDatabaseError, connect
from partita.orm.kinds import kind_of


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://db/x?sslmode=verify_full", "sslmode is one of disable, .*verify-full, not 'verify_full'"),
        ("postgresql://db/x?sslmode=require&sslrootcert=system", "needs sslmode=verify-full"),
        ("mysql://db/x?ssl-mode=verify", "ssl_mode is one of disabled, .*, not 'verify'"),
        ("mysql://db/x?ssl-mode=verify_identity", "needs ssl_ca, the file of the certificate authority"),
        ("mysql://db/x?ssl-mode=verify_ca&ssl-ca=system", "needs ssl_mode=verify_identity"),
        ("postgresql://db/x?sslmode=require&sslmode=disable", "sslmode stands in the URL 2 times"),
        ("postgresql://db/x?pool_size=many", "pool_size is a whole number, not 'many'"),
    ],
)
def test_options_without_sense_are_refused_before_anybody_connects(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        connect(url)


@pytest.mark.parametrize(
    ("url", "nearest"),
    [
        ("postgresql://db/x?sslmodus=require", "'sslmodus'; did you mean 'sslmode'"),
        ("postgresql://db/x?ssl-mode=require", "'ssl-mode'; did you mean 'sslmode'"),
        ("mysql://db/x?ssl_certificate=x", "did you mean 'ssl_cert'"),
        ("mysql://db/x?sslmode=required", "did you mean 'ssl_mode'"),
        ("postgresql://db/x?pool-sizes=3", "did you mean 'pool_size'"),
        ("postgresql://db/x?%s=1" % ("y" * 3000), "'y{100}'; Known are"),
    ],
)
def test_an_unknown_option_is_told_with_the_nearest_and_all_known_ones(url: str, nearest: str) -> None:
    with pytest.raises(TypeError, match=nearest) as told:
        connect(url)
    assert "Known are pool_size, pool_timeout" in str(told.value)
    assert ("ssl_ca" if url.startswith("mysql") else "sslrootcert") in str(told.value)
    assert len(str(told.value)) < 1000


def test_settings_describe_a_database_as_a_table_too() -> None:
    described = {"url": "postgresql://me@db/x", "password": "hunter2", "sslmode": "require", "pool_size": "3"}
    with pytest.raises(ValueError, match="sslmode is one of"):
        Databases({"default": {**described, "sslmode": "yes"}})
    database = Databases({"default": described})["default"]
    assert (database.url.password, database.alias) == ("hunter2", "default")
    assert database._options["pool_size"] == 3
    assert "hunter2" not in repr(database)


def test_programs_that_talk_by_hand_are_told_the_same() -> None:
    given = make_url("postgresql://me@db/x?sslmode=verify-full&sslrootcert=/ca.pem&sslpassword=x&pool_size=3")
    assert kind_of(given).client(given).environment == {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": "/ca.pem"}
    given = make_url("mysql://me@db/x?ssl-mode=verify_identity&ssl-ca=/ca.pem&pool_size=3")
    assert kind_of(given).client(given).arguments[-2:] == ["--ssl-mode=VERIFY_IDENTITY", "--ssl-ca=/ca.pem"]
    given = given.set(drivername="mariadb")
    assert kind_of(given).client(given).arguments[-3:] == ["--ssl", "--ssl-ca=/ca.pem", "--ssl-verify-server-cert"]
    assert kind_of(given).client(given.set(query={})).arguments == ["mariadb", "--host=db", "--user=me", "--database=x"]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("shop.sqlite3", "looks like sqlite:///file"),
        ("sqlite://shop.sqlite3", "names 'shop.sqlite3'. A file takes three slashes"),
        ("postgresql://user:secret@db:port/shop", "The port in a database URL is a number"),
        ("postgresql://user:secret", "A password with .* has to be escaped"),
    ],
)
def test_what_is_no_url_is_refused_and_no_password_shown(url: str, said: str) -> None:
    with pytest.raises(NoDatabaseError, match=said) as caught:
        connect(url)
    assert not any(part in str(caught.value) for part in ("secret", "cret", "word@"))
