import contextlib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.config import Secret, SettingsError, explain, load, read


class Mail(msgspec.Struct, frozen=True):
    host: str = "localhost"
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 25
    timeout: timedelta = timedelta(seconds=5)


class Site(msgspec.Struct, frozen=True):
    secret_key: Secret
    debug: bool = False
    hosts: tuple[str, ...] = ()
    level: Literal["low", "high"] = "low"
    databases: dict[str, str] = {}
    mail: Mail = Mail()
    mirrors: list[Mail] = []
    folder: Path | None = None
    ports: frozenset[int] = frozenset()
    pair: tuple[int, str] = (0, "")


class Checked(msgspec.Struct, frozen=True):
    low: int = 0
    high: int = 1

    def __post_init__(self) -> None:
        if self.low > self.high:
            raise ValueError("low must not be above high")


def site(**env: str) -> Site:
    return load(Site, env={"P_SECRET_KEY": "s"} | {f"P_{name}": value for name, value in env.items()}, env_prefix="P_")


def problems(kind: type[msgspec.Struct] = Site, **env: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(kind, env={f"P_{name}": value for name, value in env.items()}, env_prefix="P_")
    return [str(problem) for problem in caught.value.problems]


def test_each_source_lies_over_the_one_before(tmp_path: Path) -> None:
    toml, dotenv, secrets = tmp_path / "site.toml", tmp_path / ".env", tmp_path / "secrets"
    toml.write_text('level = "high"\nhosts = ["toml"]\nsecret_key = "toml"\n[mail]\nhost = "toml"\nport = 1\n', "utf-8")
    dotenv.write_text("P_MAIL__PORT=2\nP_SECRET_KEY=dotenv\nP_HOSTS=dotenv\nOTHER=1\n", "utf-8")
    secrets.mkdir()
    (secrets / "secret_key").write_text("file\n", "utf-8")
    (secrets / "someone_elses").write_text("x", "utf-8")
    (secrets / "..data").mkdir()
    env = {"P_HOSTS": "env", "P_SECRET_KEY": "env", "PATH": "/bin"}
    found = load(Site, toml=toml, dotenv=dotenv, env=env, env_prefix="P_", secrets_dir=secrets)
    assert found == Site(Secret("file"), hosts=("env",), level="high", mail=Mail("toml", 2))
    origins = {
        o.name: (o.shown, o.source)
        for o in explain(Site, toml=toml, dotenv=dotenv, env=env, env_prefix="P_", secrets_dir=secrets)
    }
    assert origins["level"] == ("'high'", "site.toml")
    assert origins["mail.port"] == ("'2'", ".env line 1")
    assert origins["hosts"] == ("'env'", "P_HOSTS")
    assert origins["secret_key"] == ("**********", str(secrets / "secret_key"))
    assert origins["debug"] == ("False", "default")


def test_the_process_environment_is_read_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PTEST_SECRET_KEY", "x")
    assert load(Site, env_prefix="PTEST_").secret_key.reveal() == "x"


@pytest.mark.parametrize(
    ("name", "text", "field", "value"),
    [
        ("DEBUG", "yes", "debug", True),
        ("DEBUG", "Off", "debug", False),
        ("DEBUG", "1", "debug", True),
        ("HOSTS", "a.example, b.example,", "hosts", ("a.example", "b.example")),
        ("HOSTS", '["a,b"]', "hosts", ("a,b",)),
        ("HOSTS", "", "hosts", ()),
        ("PORTS", "1,2", "ports", frozenset({1, 2})),
        ("PAIR", "7,x", "pair", (7, "x")),
        ("FOLDER", "/srv/x", "folder", Path("/srv/x")),
        ("MAIL__PORT", "587", "mail", Mail(port=587)),
        ("MAIL__TIMEOUT", "90", "mail", Mail(timeout=timedelta(seconds=90))),
        ("MAIL__TIMEOUT", "PT2M", "mail", Mail(timeout=timedelta(minutes=2))),
        ("MAIL", '{"host": "h", "port": 7}', "mail", Mail("h", 7)),
        ("DATABASES__DEFAULT", "sqlite:///x.db", "databases", {"default": "sqlite:///x.db"}),
        ("DATABASES", '{"default": "x"}', "databases", {"default": "x"}),
        ("MIRRORS", '[{"host": "h"}]', "mirrors", [Mail("h")]),
    ],
)
def test_text_from_the_environment_becomes_the_type_of_the_field(
    name: str, text: str, field: str, value: object
) -> None:
    assert getattr(site(**{name: text}), field) == value


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems(DEBUG="maybe", LEVEL="middle", MAIL__PORT="70000", DEBGU="1", MAIL__HSOT="x", PAIR="1,2,3")
    assert found == [
        "secret_key: is missing. Set it as P_SECRET_KEY in the environment.",
        "debug: expected `bool`, got `str` (from P_DEBUG)",
        "level: is none of the allowed values ('low', 'high') (from P_LEVEL)",
        "mail.port: expected `int` <= 65535 (from P_MAIL__PORT)",
        "mail.hsot: is not a setting. Did you mean mail.host? (from P_MAIL__HSOT)",
        "pair: expected `array` of length 2, got 3",
        "debgu: is not a setting. Did you mean debug? (from P_DEBGU)",
    ]


def test_the_error_is_a_list_one_can_read() -> None:
    with pytest.raises(SettingsError) as caught:
        load(Site, env={"P_DEBUG": "x"}, env_prefix="P_")
    assert str(caught.value).splitlines()[0] == "2 settings are wrong:"
    assert isinstance(caught.value, ValueError)


def test_a_missing_setting_tells_both_places_to_set_it(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text("", "utf-8")
    with pytest.raises(SettingsError, match=r"P_SECRET_KEY in the environment or as secret_key in site\.toml"):
        load(Site, toml=tmp_path / "site.toml", env={}, env_prefix="P_")


def test_toml_values_are_not_converted_from_text(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('secret_key = "x"\ndebug = "true"\n[[mirrors]]\nhots = "x"\n[sop]\n', "utf-8")
    with pytest.raises(SettingsError) as caught:
        load(Site, toml=tmp_path / "site.toml", env={})
    assert [str(problem) for problem in caught.value.problems] == [
        "debug: expected `bool`, got `str` (from site.toml)",
        "mirrors[0].hots: is not a setting. Did you mean mirrors[0].host? (from site.toml)",
        "sop: is not a setting.",
    ]


def test_the_rules_of_the_struct_itself_are_reported() -> None:
    assert problems(Checked, LOW="5") == ["Checked: low must not be above high"]


def test_files_that_cannot_be_read_are_reported_together(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("hunter2", "utf-8")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key").write_bytes(b"\xffhunter2")
    with pytest.raises(SettingsError) as caught:
        read(toml=tmp_path / "none.toml", dotenv=tmp_path / ".env", env={}, secrets_dir=tmp_path / "secrets")
    texts = [problem.text for problem in caught.value.problems]
    assert texts == ["No such file or directory", "line 1: expected a comment or NAME=value", "it is not UTF-8"]
    assert "hunter2" not in str(caught.value)


def test_a_file_of_endless_size_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.toml").write_bytes(b"#" * 2_000_000)
    with pytest.raises(SettingsError, match="larger than"):
        read(toml=tmp_path / "x.toml", env={})


def test_missing_dotenv_and_secrets_are_empty(tmp_path: Path) -> None:
    assert read(dotenv=tmp_path / ".env", secrets_dir=tmp_path / "none", env={}).names == ()


def test_a_table_set_as_a_whole_and_in_part_is_a_mistake() -> None:
    assert problems(DATABASES="{}", DATABASES__DEFAULT="x") == [
        "P_DATABASES__DEFAULT: its table is also set as a whole; keep one of the two"
    ]


def test_without_a_prefix_the_variables_of_others_are_no_mistake() -> None:
    assert load(Checked, env={"PATH": "/bin", "A": "1", "A__B": "2", "HIGH": "7"}).high == 7


def test_secrets_never_show_in_explanations_or_errors() -> None:
    env = {
        "P_SECRET_KEY": "hunter2",
        "P_DATABASES__DEFAULT": "postgresql://me:hunter2@db/x",
        "P_DATABASES__API_TOKEN": "hunter2",
    }
    origins = {origin.name: origin.shown for origin in explain(Site, env=env, env_prefix="P_")}
    assert origins["databases.default"] == "'postgresql://me:**********@db/x'"
    assert "hunter2" not in repr(origins)
    assert problems(Mail, PORT="hunter2") == ["port: expected `int`, got `str` (from P_PORT)"]
    assert "hunter2" not in repr(problems(LEVEL="hunter2", MAIL='{"port": hunter2'))


def test_sections_are_read_one_by_one(tmp_path: Path) -> None:
    (tmp_path / "site.toml").write_text('[mail]\nhost = "h"\n[databases]\ndefault = "x"\n', "utf-8")
    layers = read(toml=tmp_path / "site.toml", env={"P_MAIL__PORT": "7"}, env_prefix="P_")
    assert layers.names == ("mail", "databases")
    assert layers.load(Mail, "mail") == Mail("h", 7)
    assert layers.load(dict[str, str], "databases") == {"default": "x"}
    assert layers.load(Mail, "not.there") == Mail()
    assert [origin.source for origin in layers.explain(Mail, "mail")] == ["site.toml", "P_MAIL__PORT", "default"]
    assert layers.load(Checked, allow_unknown=True) == Checked()
    with pytest.raises(SettingsError, match=r"mail\.port"):
        read(env={"P_MAIL__PORT": "x"}, env_prefix="P_").load(Mail, "mail")


@given(
    st.dictionaries(
        st.sampled_from(
            [
                "P_SECRET_KEY",
                "P_DEBUG",
                "P_HOSTS",
                "P_MAIL",
                "P_MAIL__PORT",
                "P_PAIR",
                "P_MIRRORS",
                "P_FOLDER",
                "P___",
                "P_X",
            ]
        ),
        st.text(alphabet='[]{}",:1a\x00 '),
    )
)
def test_nothing_but_a_settings_error_escapes(env: dict[str, str]) -> None:
    with contextlib.suppress(SettingsError):
        load(Site, env=env, env_prefix="P_")
