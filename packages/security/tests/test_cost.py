"""Hostile input costs what honest input of its length does, and what is refused is refused with an error of ours."""

import asyncio
import contextlib
import io
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import partita.security
from partita.contracts.testing.cost import cost_size, is_linear, public_functions
from partita.http import HttpError, Request
from partita.security.alerts import alert_of
from partita.security.browsers import browser_version
from partita.security.consent import ConsentPolicy, Purpose, consent_middleware, consent_view
from partita.security.csrf import csrf_middleware
from partita.security.csrf_tokens import TokenFormatError, check_format, token_fits
from partita.security.errors import SecurityError
from partita.security.fetch_metadata import is_isolated
from partita.security.filtering import Filtering, ParameterFilter
from partita.security.hosts import matches
from partita.security.outgoing import OutgoingGuard
from partita.security.policies import policy_problems
from partita.security.proof_of_work import is_solved
from partita.security.rate_limit import by_ip, by_route
from partita.security.rates import Rule
from partita.security.reports import parse_reports
from partita.security.secrets import Environment, SecretNotFound, Secrets
from partita.security.strict import script_hash
from partita.security.uploads import UploadRules, check_upload, detect_type, safe_filename, safe_place
from partita.security.webhooks import sign_webhook

SIZE = cost_size(2**15)
"""Characters of the shorter text."""


class Upload(io.BytesIO):
    """A file as the client describes it."""

    def __init__(self, name: str) -> None:
        super().__init__(name.encode())
        self.filename, self.content_type, self.size = name, name, len(name)


RULES = UploadRules(("image/png", "text/plain"), ("png", "txt"), max_size=10**9, max_name=10**9)
FILTERING = Filtering()
SECRET = "whsec_" + "QUJD" * 11


def filter_record(text: str) -> None:
    record = logging.LogRecord("a", logging.INFO, "", 0, "%s", ({"password": text, text: text},), None)
    ParameterFilter().filter(record)
    assert record.getMessage()


def asked(name: str, text: str) -> Request:
    return Request.build("POST", headers={name: text, "Host": "a"})


def get_secret(name: str) -> None:
    with contextlib.suppress(ValueError, SecretNotFound):  # no name, or the name of nothing
        Secrets([Environment("", {})]).get(name)


CONSENT = ConsentPolicy((Purpose("a", "A", cookies=("a*",)),))
CHOOSE = csrf_middleware()(consent_view(CONSENT))


def ask_consent(text: str) -> None:
    fields = {"Cookie": f"consent=1.{text}"}
    asyncio.run(
        CHOOSE(Request.build("POST", form={"next": f"/{text}", "purpose": text, "choice": "some"}, headers=fields))
    )
    banner = consent_middleware(CONSENT)(consent_view(CONSENT))
    asyncio.run(csrf_middleware()(banner)(Request.build("GET", "/", query={"next": text}, headers=fields)))


GUARD = OutgoingGuard(resolve=lambda host, port: ["8.8.8.8"])
NASTY: dict[str, tuple[Callable[[str], object], tuple[str, ...]]] = {
    "Rule.parse": (Rule.parse, ("1", "1/", "/", "1/1", " ", "s", "1/1s")),
    "browser_version": (browser_version, ("Chrome/", "Version/1", "Version/1 ", "rv:", "Trident/", "1.", " ")),
    "matches": (lambda text: matches(text, [f".{text}", "a.test"]), ("a.", ".", "a")),
    "OutgoingGuard.check": (lambda text: GUARD.check(f"https://{text}"), ("a.", ".", "@", ":", "[", "/", "?", "%41", "\\")),
    "parse_reports": (
        lambda text: parse_reports(text.encode(), "application/reports+json"),
        ("[", "{", '"', "[{}", '{"type":"a"},', "1,", "\\"),
    ),
    "report fields": (
        lambda text: parse_reports(f'{{"type":"a","body":{{"blockedURL":"{text}"}}}}'.encode(), "application/reports+json"),
        ("a:", "//", "?", "#", "[", "/"),
    ),
    "alert_of": (lambda text: alert_of(SecurityError(text), asked("User-Agent", text)), ("a", "\n", "\x1b", "é")),
    "check_format": (check_format, ("a", "A1", "é", "-")),
    "token_fits": (lambda text: token_fits(text, text), ("a", "A1", "é", "-")),
    "Secrets.get": (get_secret, ("a", "a/", "/", ".", "-", "é")),
    "is_isolated": (lambda text: is_isolated(asked("Sec-Fetch-Site", text)), ("a", "cross-site,", " ")),
    "Filtering.text": (FILTERING.text, ("password=", "a=", "&", '"', "token: ", "a", "?", "[", "password='", 'password=\\"', "\\", "://a:", "cookie:", "otp=({")),
    "Filtering.values": (lambda text: FILTERING.values({text: text, "a": [text]}), ("password", "a", "-")),
    "ParameterFilter": (filter_record, ("password=", "a=b&", '"', "a", "{")),
    "policy_problems": (lambda text: policy_problems({"script-src": (text,), text: ("a",)}), ("'", "a", "*.", "-", ":")),
    "by_ip": (lambda text: by_ip(asked("X-Forwarded-For", text)), ("1.", ",", ":")),
    "by_route": (lambda text: by_route(Request.build("GET", f"/{text}")), ("/", "%41", "a")),
    "consent": (lambda text: ask_consent(text), ("a", ".", "1.a", "/", "\\")),
    "script_hash": (script_hash, ("a", "\r\n", "é")),
    "check_upload": (lambda text: check_upload(Upload(text), RULES), ("a", ".", "<", "é", "png.")),
    "safe_place": (lambda text: safe_place(Path(), text), ("a", "../", "/", "a/", ".", "\x00")),
    "sign_webhook": (lambda text: sign_webhook(SECRET, text[:256], 0, text.encode()), ("a", ".")),
    "is_solved": (partial(is_solved, bits=8), ("a", ".", "é")),
    "safe_filename": (safe_filename, ("a", ".", "/", "\\", " ", "..", "é", "\u202e", "con.")),
    "detect_type": (lambda text: detect_type(text.encode()), ("<", "<!--", "<!---->", "<!-- -->\n", "<svg", " ", "%PDF", "a", "<?xml", "&")),
}  # fmt: skip
NO_INPUT = {
    "allow_browsers", "send_alert", "check_security", "clear_site_data", "clears_site_data", "content_types_middleware",
    "require_content_type", "csrf", "cors_middleware", "csrf_exempt", "csrf_guard", "csrf_middleware", "csrf_protect",
    "ensure_csrf_cookie", "get_token", "requires_csrf_token", "rotate_token", "mask_secret", "new_secret", "check_disclosure",
    "disclosure_page", "security_txt", "fetch_metadata_exempt", "fetch_metadata_guard", "fetch_metadata_middleware", "parameters_middleware",
    "xframe_options_deny", "xframe_options_exempt", "xframe_options_sameorigin", "format_policy", "headers_middleware", "refusals_middleware",
    "host_middleware", "setup", "security_measures", "csp_override", "csp_report_only_override", "proof_of_work_middleware",
    "solve", "by", "by_user", "limit_response", "rate_limit", "rate_limit_middleware", "without_limits", "decide_bucket",
    "decide_window", "report_view", "strict_policy", "policy_sources", "csrf_token",
    "scan", "scan_source", "faults",  # read the programmer's own code
    "unmask_token",  # of tokens that `check_format` has taken
    "answer", "answer_async", "draft_token", "rotate_draft",  # CSRF for drafts, by the functions of tokens above
    "consent_banner", "consent_layer", "consent_middleware", "consent_view",  # "consent" is in the registry
    "afetch", "fetch",  # `OutgoingGuard.check` judges what they are given
}  # fmt: skip
"""What sets something up, or hands what a request brings to a function of the registry."""
CASES = [(name, piece) for name, (_, pieces) in NASTY.items() for piece in pieces]


def test_every_function_is_in_the_registry() -> None:
    found = public_functions(partita.security)
    assert found - set(NASTY) - NO_INPUT == set()
    assert NO_INPUT - found == set()


@pytest.mark.parametrize(("name", "piece"), CASES)
def test_twice_the_input_costs_twice_the_time(name: str, piece: str) -> None:
    read = NASTY[name][0]

    def run(text: str) -> None:
        try:
            read(text)
        except (HttpError, SecurityError, TokenFormatError):  # what is refused has been looked at, too
            return

    for edge in ("", '"'):
        assert is_linear(run, piece, SIZE, edge)


@given(st.sampled_from(sorted(NASTY)), st.text(max_size=60))
def test_any_text_is_read_or_refused(name: str, text: str) -> None:
    try:
        NASTY[name][0](text)
    except (HttpError, SecurityError, TokenFormatError) as error:
        assert str(error)  # noqa: PT017 - one of two right outcomes


@given(
    st.integers(1, 10_000),
    st.integers(1, 500),
    st.sampled_from([("s", 1), ("min", 60), ("hour", 3600), ("days", 86_400)]),
)
def test_a_written_rule_reads_back(limit: int, count: int, unit: tuple[str, int]) -> None:
    name, seconds = unit
    assert Rule.parse(f"{limit}/{count}{name}") == Rule(limit, count * seconds)
