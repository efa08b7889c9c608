"""Keys are names that compare by identity."""

from partita.contracts.key import ExtensionPoint, Key


def test_two_keys_with_one_name_are_two_keys() -> None:
    assert Key[int]("test.a") != Key[int]("test.a")


def test_a_key_shows_its_name() -> None:
    assert repr(Key[int]("test.a")) == "Key('test.a')"
    assert repr(ExtensionPoint[int]("test.b")) == "ExtensionPoint('test.b')"
