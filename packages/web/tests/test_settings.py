"""Settings: where they come from, and what is said about wrong ones."""

from pathlib import Path

import msgspec
import pytest

from partita.web import Settings


class Shop(msgspec.Struct, frozen=True):
    """A section."""

    name: str
    size: int = 3


def test_settings_come_from_file_dotenv_and_environment_in_this_order(tmp_path: Path) -> None:
    (tmp_path / "partita.toml").write_text('secret_key = "a"\nlanguage = "de"\n[shop]\nname = "x"\nsize = 1\n')
    (tmp_path / ".env").write_text("PARTITA_SECRET_KEY=b\nPARTITA_SHOP__SIZE=2\n")
    settings = Settings.load(tmp_path / "partita.toml", env={"PARTITA_SHOP__NAME": "y"})
    assert settings.secret_key.reveal() == "b"
    assert settings.language == "de"
    assert settings.section("shop", Shop) == Shop("y", 2)
    assert settings.folder == tmp_path


def test_a_variable_takes_another_file_which_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "partita.toml").write_text('secret_key = "a"\n')
    (tmp_path / "server.toml").write_text('secret_key = "b"\n')
    settings = Settings.load(tmp_path / "partita.toml", env={"PARTITA_SETTINGS": "server.toml"})
    assert settings.secret_key.reveal() == "b"
    assert settings.unused() == ()
    elsewhere = Settings.load("nowhere.toml", env={"PARTITA_SETTINGS": str(tmp_path / "server.toml")})
    assert elsewhere.folder == tmp_path
    with pytest.raises(ValueError, match=r"srever\.toml"):
        Settings.load(tmp_path / "partita.toml", env={"PARTITA_SETTINGS": "srever.toml"})


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "partita.toml").write_text('debug = "perhaps"\nallowed_hosts = 3\n')
    with pytest.raises(ValueError) as caught:
        Settings.load(tmp_path / "partita.toml", env={})
    text = str(caught.value)
    assert "secret_key: is missing" in text
    assert "debug" in text
    assert "allowed_hosts" in text


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"secret_key": ""}, "secret_key is empty"),
        ({"language": "German"}, "such as de or pt-br"),
        ({"time_zone": "Mars/Base"}, "such as Europe/Berlin"),
        ({"time_zone": "../../etc/passwd"}, "such as Europe/Berlin"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Settings(**{"secret_key": "key", **wrong})  # type: ignore[arg-type]


def test_a_section_is_checked_when_its_package_asks_for_it() -> None:
    settings = Settings("key", sections={"shop": {"name": "x", "size": "many"}})
    with pytest.raises(ValueError, match=r"shop\.size"):
        settings.section("shop", Shop)
    assert Settings("key", sections={"shop": Shop("x")}).section("shop", Shop) == Shop("x")
    with pytest.raises(ValueError, match="must be a Shop"):
        Settings("key", sections={"shop": settings.section("none", msgspec.defstruct("Other", []))}).section(
            "shop", Shop
        )


def test_names_that_nobody_reads_are_known() -> None:
    settings = Settings("key", sections={"shop": {"name": "x"}, "shopp": {}})
    settings.section("shop", Shop)
    assert settings.unused() == ("shopp",)


def test_the_key_never_shows() -> None:
    settings = Settings("a-very-secret-text")
    assert "a-very-secret-text" not in "".join(map(str, settings.explain()))
    assert "a-very-secret-text" not in f"{settings.secret_key!r}{settings!r}"


class ShopSettings(msgspec.Struct, frozen=True):
    """The section of a package."""

    currency: str = "EUR"
    api_token: str = ""


def test_sections_are_explained_once_their_packages_have_asked_for_them() -> None:
    sections = {"shop": {"currency": "USD", "api_token": "hush"}, "databases": {"default": "mysql://ann:hush@db/shop"}}
    settings = Settings("key", sections=sections)
    settings.section("shop", ShopSettings)
    settings.section("databases", dict[str, str])
    settings.section("caches", dict[str, str])
    origins = {origin.name: origin for origin in settings.explain()}
    assert origins["debug"].shown == "False"
    assert (origins["shop.currency"].shown, origins["shop.currency"].source) == ("'USD'", "Settings(...)")
    assert "mysql://ann" in origins["databases.default"].shown
    assert "hush" not in str(origins)
    ready = Settings("key", sections={"shop": ShopSettings("GBP", "hush")})
    ready.section("shop", ShopSettings)
    shown = {origin.name: origin.shown for origin in ready.explain()}
    assert shown["shop.currency"] == "'GBP'"
    assert "hush" not in str(shown)


class Till(msgspec.Struct, frozen=True):
    """A section."""

    currency: str = "EUR"
    limit: int = 3


def test_some_settings_are_replaced_and_the_others_stay_as_they_came(tmp_path: Path) -> None:
    file = tmp_path / "partita.toml"
    file.write_text('secret_key = "from the file"\n[shop]\ncurrency = "USD"\nlimit = 7\n[stray]\nx = 1\n')
    first = Settings.load(file, env={"PARTITA_TIME_ZONE": "Europe/Berlin"})
    second = first.replace(debug=True, shop={"currency": "SAR"})
    assert (second.debug, second.time_zone, second.secret_key.reveal()) == (True, "Europe/Berlin", "from the file")
    assert second.section("shop", Till) == Till("SAR", 3)  # a section is replaced as a whole
    assert second.folder == tmp_path
    assert (first.debug, first.section("shop", Till)) == (False, Till("USD", 7))
    third = second.replace(use_tz=False)
    assert third.section("shop", Till) == Till("SAR", 3)
    assert {"shop", "stray"} <= third.sections
    assert third.unused() == ("stray",)
    told = {origin.name: origin.shown for origin in third.explain()}
    assert told["shop.currency"] == "'SAR'"


def test_a_section_that_stays_is_read_from_the_file_it_came_from(tmp_path: Path) -> None:
    file = tmp_path / "partita.toml"
    file.write_text('secret_key = "from the file"\n[shop]\nlimit = "many"\n')
    settings = Settings.load(file, env={}).replace(debug=True)
    with pytest.raises(ValueError, match=r"partita\.toml"):
        settings.section("shop", Till)


def test_a_struct_that_is_replaced_hides_what_is_below_it() -> None:
    settings = Settings("key", sections={"shop": {"limit": 7}}).replace(shop=Till("SAR"))
    assert settings.section("shop", Till) == Till("SAR", 3)
    assert settings.replace(shop={"limit": 8}).section("shop", Till) == Till("EUR", 8)


def test_what_is_wrong_among_replaced_settings_is_said() -> None:
    with pytest.raises(ValueError, match="time_zone"):
        Settings("key").replace(time_zone="Nowhere/Land")
