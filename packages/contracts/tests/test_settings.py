"""The shared settings are keys of their own."""

from partita.contracts import settings


def test_each_shared_setting_has_a_name_of_its_own() -> None:
    names = [getattr(settings, name).name for name in settings.__all__]
    assert len(set(names)) == len(names) == 5
