"""Old mistakes of other frameworks, each under its number."""

import pytest

from partita.contracts.testing.cost import least_seconds
from partita.forms import (
    CharField,
    EmailField,
    FileField,
    FileInput,
    Form,
    GenericIPAddressField,
    MultipleFileField,
    RegexField,
    SlugField,
    URLField,
    ValidationError,
)


class Upload:
    def __init__(self, name: str, size: int = 1) -> None:
        self.name, self.size = name, size


def test_cve_2023_31047_each_of_several_files_is_checked() -> None:
    def no_exe(value: object) -> None:
        if isinstance(value, Upload) and value.name.endswith(".exe"):
            raise ValidationError("No programs.", code="exe")

    class Hand(Form):
        papers = MultipleFileField(validators=[no_exe], max_size=10)

    class Files:
        def __init__(self, *uploads: Upload) -> None:
            self.uploads = uploads

        def getlist(self, key: str, /) -> list[Upload]:
            return list(self.uploads) if key == "papers" else []

        def __contains__(self, key: object, /) -> bool:
            return key == "papers"

    assert Hand({}, Files(Upload("a.txt"), Upload("b.txt"))).is_valid()
    for bad in (Upload("x.exe"), Upload("b.txt", 11), Upload("b.txt", 0)):
        for place in range(3):
            uploads = [Upload("a.txt"), Upload("c.txt")]
            uploads.insert(place, bad)
            assert not Hand({}, Files(*uploads)).is_valid()
    with pytest.raises(ValueError, match="takes one file"):
        FileInput(attrs={"multiple": True})
    with pytest.raises(ValueError, match="takes one file"):
        FileField(widget=FileInput({"multiple": "multiple"}))


@pytest.mark.parametrize("letter", ["ﷺ", "½", "ü", "\u0344"])
def test_cve_2025_64458_a_long_url_is_refused_before_anything_normalises_it(letter: str) -> None:
    def check() -> None:
        for text in (letter * 500_000, f"http://{letter * 500_000}.de", f"http://a.de/{letter * 500_000}"):
            with pytest.raises(ValidationError):
                URLField().clean(text)
            with pytest.raises(ValidationError):
                EmailField().clean(f"{text}@b.de")

    assert least_seconds(check, enough=0.05) < 0.1


def test_cve_2024_56374_a_long_ipv6_address_is_refused_before_it_is_parsed() -> None:
    def check() -> None:
        for text in ("0:" * 500_000, "::" + "0" * 1_000_000, "::%" + "a" * 1_000_000):
            with pytest.raises(ValidationError):
                GenericIPAddressField().clean(text)

    assert least_seconds(check, enough=0.05) < 0.1


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\u2028"])
def test_cve_2021_32052_a_line_break_does_not_get_through_where_space_is_kept(end: str) -> None:
    for field, good in (
        (RegexField(r"^[a-z]+$"), "a"),
        (SlugField(strip=False), "a"),
        (EmailField(strip=False), "a@b.de"),
        (URLField(strip=False), "http://a.de/"),
    ):
        assert field.clean(good) == good
        with pytest.raises(ValidationError):
            field.clean(good + end)


def test_cve_2021_33571_an_address_with_leading_zeros_is_refused() -> None:
    for text in ("010.8.8.8", "127.0.0.01"):
        with pytest.raises(ValidationError):
            GenericIPAddressField().clean(text)


def test_a_nul_is_refused_in_every_text() -> None:
    for field in (CharField(), SlugField(), URLField(), EmailField(), RegexField(".")):
        with pytest.raises(ValidationError):
            field.clean("http://a\x00b.de")
