import copy
import pickle
import re
from contextlib import suppress
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from partita.contracts.testing.cost import least_seconds
from partita.validation import (
    DecimalValidator,
    DomainNameValidator,
    EmailValidator,
    FileExtensionValidator,
    MaxLengthValidator,
    MaxValueValidator,
    MinLengthValidator,
    MinValueValidator,
    ProhibitNullCharactersValidator,
    RegexValidator,
    StepValueValidator,
    URLValidator,
    Validate,
    ValidationError,
    Validator,
    clean_ipv6_address,
    int_list_validator,
    ip_address_validators,
    validate_comma_separated_integer_list,
    validate_domain_name,
    validate_email,
    validate_image_file_extension,
    validate_integer,
    validate_ipv4_address,
    validate_ipv6_address,
    validate_ipv46_address,
    validate_slug,
    validate_unicode_slug,
)

ACCEPTED: list[tuple[Validate, object]] = [
    *((validate_email, text) for text in (
        "email@here.com", "weirder-email@here.and.there.com", "email@[127.0.0.1]", "email@[2001:dB8::1]",
        "email@[::ffff:127.0.0.1]", "example@valid-----hyphens.com", "test@domain.with.idn.tld.उदाहरण.परीक्षा",
        "email@localhost", '"test@test"@example.com', "example@atm." + "a" * 63, "a+b_c.d@xn--4ca9at.com",
        '"\\\011"@here.com', "a" * 64 + "@b.co",
    )),
    (EmailValidator(allowlist=["intern"]), "me@intern"),
    *((URLValidator(), text) for text in (
        "http://www.djangoproject.com/", "HTTP://WWW.DJANGOPROJECT.COM/", "http://localhost/", "http://example.com/",
        "http://example.com:0", "http://example.com:65535", "http://www.example.com:8000/test",
        "http://valid-with-hyphens.com/", "http://subdomain.example.com/", "http://a.aa", "http://200.8.9.10:8000/test",
        "http://su--b.valid-----hyphens.com/", "http://example.com?something=value", "http://example.com/index.php?a=b&c=d#e",
        "https://example.com/", "ftp://example.com/", "http://foo.com/blah_(wikipedia)#cite-1", "http://✪df.ws/123",
        "http://userid:password@example.com:8080/", "http://userid:@example.com/", "http://➡.ws/䨹", "http://مثال.إختبار",
        "http://例子.测试", "http://[::192.9.5.5]:8080/ipng", "http://[FEDC:BA98:7654:3210:FEDC:BA98:7654:3210]:80/index.html",
        "http://example.com./", "http://-.~_!$&'()*+,;=%40:80%2f@example.com", "http://xn--d1acufc.xn--80akhbyknj4f",
    )),
    (URLValidator(schemes=["git"]), "git://example.com/"),
    *((validate_domain_name, text) for text in ("000000.org", "python.org", "python.co.uk", "إختبار.مثال", "domain.com.")),
    *((validate_slug, text) for text in ("slug-ok", "longer-slug-still-ok", "--------", "nohyphensoranything", "a", "1", "1a_")),
    *((validate_unicode_slug, text) for text in ("slug-ok", "ú-ö_ß", "你好")),
    *((validate_ipv4_address, text) for text in ("1.1.1.1", "255.0.0.0", "0.0.0.0")),
    *((validate_ipv6_address, text) for text in ("fe80::1", "::1", "1:2:3:4:5:6:7:8", "::ffff:254.42.16.14")),
    *((validate_ipv46_address, text) for text in ("1.1.1.1", "::1")),
    *((validate_integer, value) for value in ("42", "-42", 42, -42)),
    *((validate_comma_separated_integer_list, text) for text in ("1", "12", "1,2", "10,32")),
    (int_list_validator(sep="."), "1.2.3"),
    (int_list_validator(allow_negative=True), "-1,2,-3"),
    (MaxValueValidator(10), 10), (MaxValueValidator(lambda: 10), 9), (MinValueValidator(-10), -10),
    (MinValueValidator(Decimal("0.1")), 1), (MaxLengthValidator(10), "x" * 10), (MinLengthValidator(2), ["a", "b"]),
    (StepValueValidator(3), 9), (StepValueValidator(3, offset=1), 7), (StepValueValidator(0.1), 0.3),
    (StepValueValidator(Decimal("0.01")), Decimal("12.34")), (StepValueValidator(0.1, offset=0.02), 0.52),
    (RegexValidator(), ""), (RegexValidator("x"), "xxxxx"), (RegexValidator("x", inverse_match=True), "y"),
    (RegexValidator("a", flags=re.IGNORECASE), "A"), (RegexValidator(re.compile("^(?:[0-9]{3})$")), "123"),
    (RegexValidator(r"a\$"), "a$"),
    (DecimalValidator(max_digits=5, decimal_places=2), Decimal("999.99")), (DecimalValidator(None, None), Decimal("1E+3")),
    (DecimalValidator(max_digits=4, decimal_places=1), Decimal("999")), (DecimalValidator(20, 2), Decimal("742403889818000000")),
    (DecimalValidator(5, 2), Decimal("0E+2")), (DecimalValidator(2, 2), Decimal("0.05")),
    (FileExtensionValidator(["TXT"]), SimpleNamespace(name="a.b.TXT")), (FileExtensionValidator(), SimpleNamespace(name="x")),
    (FileExtensionValidator(["pdf"]), SimpleNamespace(filename="a.PDF")), (validate_image_file_extension, "photo.jpeg"),
    (ProhibitNullCharactersValidator(), "\\x00abc"),
]  # fmt: skip

REFUSED: list[tuple[Validate, object]] = [
    *((validate_email, value) for value in (
        "", "abc", "abc@", "abc@bar", "a @x.cz", "abc@.com", "something@@somewhere.com", "email@127.0.0.1",
        "email@[127.0.0.256]", "email@[2001:db8::12345]", "email@[::ffff:127.0.0.256]", "email@[127.0.0.1", "example@-invalid.com",
        "example@invalid-.com", "example@inv-.alid-.com", "a@b.com\n", "a\n@b.com", '"test@test"\n@example.com', "a@[127.0.0.1]\n",
        ".dot@example.com", "dot.@example.com", "a..b@example.com", "trailingdot@shouldfail.com.", "example@atm." + "a" * 64,
        "example@" + "b." * 130 + "de", '"\\\012"@here.com', "a\x00@b.de", None, 5, b"a@b.de", "a" * 310 + "@example.com",
        "a@℀.com", "a@[::1%eth0]",
    )),
    *((URLValidator(), value) for value in (
        "", "no_scheme", "foo", "http://", "http://example", "http://example.", "http://example.com:-1", "http://example.com:65536",
        "http://.com", "http://invalid-.com", "http://-invalid.com", "http://invalid.com-", "http://invalid.-com", "http://inv-.alid-.com",
        "file://localhost/path", "git://example.com/", "http://.", "http://..", "http://../", "http://?", "http://#", "http://##/",
        "http://foo.bar?q=Spaces should be encoded", "//", "///a", "http:///a", "rdar://1234", "http:// shouldfail.com", ":// no",
        "http://foo.bar/foo(bar)baz quux", "http://-error-.invalid/", "http://1.1.1.1.1", "http://123.123.123", "http://3628126748",
        "http://.www.foo.bar/", "http://foo.bar.\n", "http://example.com/\r\nx", "http://www.example.com\t/x", "http://[::1:2::3]/8080/",
        "http://[a", "http://foo@bar@example.com", "http://foo/bar@example.com", "http://foo:bar:baz@example.com", "http://a@b:c@example.com",
        "http://123.99.1", "http://01.2.3.4", "http://256.1.1.1", "http://[::ffff:1.2.3.4.5]", "http://a℀b.de/", "http://" + "a" * 250 + ".de",
        "http://example.com/" + "x" * 2048, "http://[::1%25eth0]/", "javascript://a.de/%0aalert(1)", "http://evil.de\\@good.de/", "http://[@good.de", "http://a#@good.de", None, 5,
    )),
    *((validate_domain_name, value) for value in (
        "internationalized-.com", "-a.de", "localhost", "a" * 64 + ".de", "a.b-", "python..org", "a b.de", "a.de\n", "a.1", None, "a." * 200 + "de",
    )),
    (DomainNameValidator(accept_idna=False), "إختبار.مثال"),
    *((validate_slug, value) for value in ("", " text ", " ", "some@mail.com", "你好", "a\n")),
    *((validate_unicode_slug, value) for value in ("", "a b", "a\n", "a/b")),
    *((validate_ipv4_address, value) for value in ("256.1.1.1", "25.1.1.", "25,1,1,1", "1.1.1.1\n", "١.1.1.1", "", None)),
    *((validate_ipv6_address, value) for value in ("foo", "12345::", "1::2::3", "fe80::1%eth0", "::1\n", "", None, "1" * 46)),
    *((validate_ipv46_address, value) for value in ("256.1.1.1", "foo", None)),
    *((validate_integer, value) for value in ("", "a", "4.2", "٤٢", "42\n", None, "-", "1e3")),
    *((validate_comma_separated_integer_list, value) for value in ("", "a,b", ",1", "1,", "1,,2", "1, 2", "-1", "1\n", None)),
    (int_list_validator(sep="."), "1,2"),
    (MaxValueValidator(10), 11), (MinValueValidator(-10), -11), (MaxValueValidator(10), float("nan")),
    (MinValueValidator(10), float("nan")), (MaxValueValidator(Decimal(10)), Decimal("NaN")),
    (MaxLengthValidator(10), "x" * 11), (MinLengthValidator(2), "x"),
    (StepValueValidator(3), 10), (StepValueValidator(3, offset=1), 9), (StepValueValidator(0.1), 0.35), (StepValueValidator(0.1), float("inf")),
    (StepValueValidator(Decimal("0.01")), Decimal("0.001")), (StepValueValidator(1), Decimal("1E+999999")), (StepValueValidator(1), Decimal("NaN")),
    (RegexValidator("x"), "y"), (RegexValidator("x", inverse_match=True), "x"), (RegexValidator("^a$"), "a\n"),
    (DecimalValidator(5, 2), Decimal("99999.999")), (DecimalValidator(5, 2), Decimal("1E+10")), (DecimalValidator(5, 2), Decimal("NaN")),
    (DecimalValidator(5, 2), Decimal("-Infinity")), (DecimalValidator(5, 2), "1.0"), (DecimalValidator(3, 2), Decimal("10.0")),
    (DecimalValidator(None, 2), Decimal("1E-999999")), (DecimalValidator(10, None), Decimal("1E+999999")),
    (FileExtensionValidator(["txt"]), SimpleNamespace(name="a.txt.exe")), (FileExtensionValidator([]), SimpleNamespace(name="a.txt")),
    (validate_image_file_extension, "script.svg"), (ProhibitNullCharactersValidator(), "a\x00"),
]  # fmt: skip


@pytest.mark.parametrize(("validate", "value"), ACCEPTED)
def test_a_good_value_is_accepted(validate: Validate, value: object) -> None:
    validate(value)


@pytest.mark.parametrize(("validate", "value"), REFUSED)
def test_a_bad_value_is_refused_with_text_and_code(validate: Validate, value: object) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(value)
    assert caught.value.code
    assert len(caught.value.messages) == 1


@pytest.mark.parametrize(
    ("validate", "value", "code", "text"),
    [
        (MaxValueValidator(3), 4, "max_value", "Ensure this value is less than or equal to 3."),
        (MinLengthValidator(1), "", "min_length", "Ensure this value has at least 1 character (it has 0)."),
        (MaxLengthValidator(2), "abc", "max_length", "Ensure this value has at most 2 characters (it has 3)."),
        (StepValueValidator(5, offset=1), 5, "step_size",
         "Ensure this value is a multiple of step size 5, starting from 1, e.g. 1, 6, 11, and so on."),
        (DecimalValidator(3, 1), Decimal("1.23"), "max_decimal_places", "Ensure that there are no more than 1 decimal place."),
        (DecimalValidator(3, 1), Decimal("123"), "max_whole_digits",
         "Ensure that there are no more than 2 digits before the decimal point."),
        (FileExtensionValidator(["a", "b"]), "x.c", "invalid_extension",
         "File extension “c” is not allowed. Allowed extensions are: a, b."),
        (RegexValidator("x", message="No %(value)s!", code="no_x"), "y", "no_x", "No y!"),
    ],
)  # fmt: skip
def test_the_error_tells_what_the_limit_was(validate: Validate, value: object, code: str, text: str) -> None:
    with pytest.raises(ValidationError) as caught:
        validate(value)
    assert (caught.value.code, caught.value.messages) == (code, [text])


MADE: list[Validator] = [
    EmailValidator(), EmailValidator(allowlist=["intern"], message="x"), URLValidator(schemes=["http"]), URLValidator(),
    RegexValidator("^a$", flags=re.IGNORECASE), RegexValidator(re.compile("a")), RegexValidator("a", inverse_match=True),
    MinValueValidator(1), MaxValueValidator(1), MinLengthValidator(1), MaxLengthValidator(1), StepValueValidator(2, offset=1),
    StepValueValidator(2), DecimalValidator(3, 2), DomainNameValidator(accept_idna=False), ProhibitNullCharactersValidator(),
    FileExtensionValidator(["a"]), FileExtensionValidator(), FileExtensionValidator([]),
]  # fmt: skip


@pytest.mark.parametrize("validator", MADE, ids=repr)
def test_a_validator_is_made_again_from_its_deconstruction(validator: Validator) -> None:
    path, args, kwargs = validator.deconstruct()
    module, _, name = path.rpartition(".")
    again = getattr(import_module(module), name)(*args, **kwargs)
    assert module == "partita.validation"
    assert again == validator
    assert hash(again) == hash(validator)


def test_validators_differ_if_anything_they_check_differs() -> None:
    assert all((a == b) is (a is b) for a in MADE for b in MADE)
    assert MinValueValidator(1) != 1


def test_a_validator_of_a_users_module_is_found_by_its_own_path() -> None:
    class Even(Validator):
        code = "odd"

        def __call__(self, value: object) -> None:
            raise ValidationError("odd", code=self.code)

    assert Even().deconstruct()[0].endswith("a_users_module_is_found_by_its_own_path.<locals>.Even")


@pytest.mark.parametrize(
    "validator", [DecimalValidator(3, 2), FileExtensionValidator(["a"]), MinValueValidator(1)], ids=repr
)
def test_a_copy_is_equal_and_keeps_how_it_was_made(validator: Validator) -> None:
    again = copy.deepcopy(validator)
    assert again == validator
    assert again.deconstruct() == validator.deconstruct()


def test_flags_with_a_compiled_expression_are_refused_at_once() -> None:
    with pytest.raises(TypeError, match="not a compiled one"):
        RegexValidator(re.compile("a"), flags=re.IGNORECASE)


def test_an_integer_of_more_digits_than_python_writes_is_refused() -> None:
    with pytest.raises(ValidationError):
        validate_integer(10**5000)


def test_ip_validators_are_chosen_by_protocol() -> None:
    assert ip_address_validators("both") == (validate_ipv46_address,)
    assert ip_address_validators("IPv4") == (validate_ipv4_address,)
    with pytest.raises(ValueError, match="unknown"):
        ip_address_validators("ipx")
    with pytest.raises(ValueError, match="needs the protocol 'both'"):
        ip_address_validators("ipv6", unpack_ipv4=True)


def test_an_ipv6_address_is_written_in_its_shortest_form() -> None:
    assert clean_ipv6_address(" 2001:0:0:0:0:DB8:0:1 ") == "2001::db8:0:1"
    assert clean_ipv6_address("::ffff:0a0a:0a0a") == "::ffff:10.10.10.10"
    assert clean_ipv6_address("::ffff:0a0a:0a0a", unpack_ipv4=True) == "10.10.10.10"
    with pytest.raises(ValidationError):
        clean_ipv6_address("1.2.3.4")


ALL = [validate for validate, _ in ACCEPTED]
TEXTUAL = [
    validate_email, URLValidator(), validate_domain_name, validate_slug, validate_unicode_slug, validate_ipv4_address,
    validate_ipv6_address, validate_ipv46_address, validate_integer, validate_comma_separated_integer_list,
    FileExtensionValidator(["a"]), ProhibitNullCharactersValidator(), MaxLengthValidator(3),
]  # fmt: skip


@given(st.text() | st.binary() | st.integers() | st.none(), st.sampled_from(TEXTUAL))
def test_nothing_but_a_validation_error_escapes(value: object, validate: Validate) -> None:
    try:
        validate(value)
    except ValidationError as error:
        assert error.messages  # noqa: PT017 - either it passes or it says why


@given(
    st.from_regex(r"[a-z]{1,8}@[a-z]{1,8}\.[a-z]{2,8}", fullmatch=True), st.characters(categories=["Zs", "Cc", "Zl"])
)
def test_an_address_with_a_space_or_control_character_anywhere_is_refused(address: str, bad: str) -> None:
    validate_email(address)
    for place in range(len(address) + 1):
        with pytest.raises(ValidationError):
            validate_email(address[:place] + bad + address[place:])


NASTY = [
    "a@" + "a." * 50_000, "@" * 100_000, "a" * 100_000 + "@b.de", '"' + "\\a" * 50_000 + '"@b.de', "a." * 50_000 + "@b.de",
    "http://" + "a-" * 50_000 + ".com", "http://" + "a." * 50_000, "http://" + "ü" * 100_000 + ".com", "http://[" + ":" * 100_000,
    "http://a:" + "b" * 100_000 + "@c", "0." * 50_000, "0" * 100_000, ":" * 100_000, "::" + "0" * 100_000, "1," * 50_000,
    "-" * 100_000, "a" * 100_000 + "\n", "ﷺ" * 100_000, "." * 100_000, "/" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("validate", TEXTUAL)
def test_cost_is_bounded_for_long_hostile_text(validate: Validate) -> None:
    for value in NASTY:

        def check(value: str = value) -> None:
            with suppress(ValidationError):
                validate(value)

        assert least_seconds(check, enough=0.02) < 0.05, value[:20]


@pytest.mark.parametrize("labels", [10_000, 100_000])
def test_cve_2023_36053_many_domain_labels_are_refused_by_their_length(labels: int) -> None:
    def refuse() -> None:
        for validate, value in (
            (validate_email, "a@" + "a." * labels),
            (URLValidator(), "http://" + "a." * labels + "de"),
        ):
            with pytest.raises(ValidationError):
                validate(value)

    assert least_seconds(refuse, enough=0.005) < 0.01


def test_cve_2024_56374_a_long_ipv6_address_is_refused_before_it_is_parsed() -> None:
    address = "0:" * 1_000_000

    def refuse() -> None:
        for check in (validate_ipv6_address, validate_ipv46_address, clean_ipv6_address):
            with pytest.raises(ValidationError):
                check(address)

    assert least_seconds(refuse, enough=0.005) < 0.01


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n", "\t", "\x0b", "\u2028", "\x85"])
def test_cve_2021_32052_a_line_break_at_the_end_is_refused(end: str) -> None:
    cases: list[tuple[Validate, str]] = [
        (URLValidator(), "http://example.com/"), (validate_email, "a@b.de"), (validate_slug, "a"), (validate_unicode_slug, "a"),
        (validate_ipv4_address, "1.2.3.4"), (validate_ipv6_address, "::1"), (validate_integer, "1"), (validate_domain_name, "a.de"),
        (validate_comma_separated_integer_list, "1,2"), (RegexValidator("^[a-z]+$"), "a"),
    ]  # fmt: skip
    for validate, value in cases:
        validate(value)
        with pytest.raises(ValidationError):
            validate(value + end)


@pytest.mark.parametrize("address", ["010.8.8.8", "127.0.0.01", "0127.0.0.1", "1.02.3.4", "00.0.0.0"])
def test_cve_2021_33571_leading_zeros_in_an_address_are_refused(address: str) -> None:
    for validate in (validate_ipv4_address, validate_ipv46_address):
        with pytest.raises(ValidationError):
            validate(address)
    with pytest.raises(ValidationError):
        URLValidator()(f"http://{address}/")


def test_cve_2025_27556_text_is_cut_by_length_before_it_is_normalised() -> None:
    address = "http://" + "ﷺ" * 1_000_000 + ".de"

    def refuse() -> None:
        with pytest.raises(ValidationError):
            URLValidator()(address)

    assert least_seconds(refuse, enough=0.005) < 0.01


def test_simple_validators_can_be_pickled() -> None:
    assert pickle.loads(pickle.dumps(DecimalValidator(3, 2))) == DecimalValidator(3, 2)
