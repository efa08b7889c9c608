"""Host check, security headers, HTTPS, CORS, rate limits, upload checks and protection against cross-site request forgery."""

from typing import TYPE_CHECKING

from partita.contracts.on_first_use import on_first_use
from partita.security.clear_site_data import clear_site_data, clears_site_data
from partita.security.cors import CorsSettings, cors_middleware
from partita.security.csrf import (
    csrf_exempt,
    csrf_guard,
    csrf_middleware,
    csrf_protect,
    ensure_csrf_cookie,
    get_token,
    requires_csrf_token,
    rotate_token,
)
from partita.security.errors import CsrfFailed, HostNotAllowed, PolicyError, SecurityError
from partita.security.frames import xframe_options_deny, xframe_options_exempt, xframe_options_sameorigin
from partita.security.headers import CSP_NONCE, headers_middleware
from partita.security.hosts import host_middleware
from partita.security.policies import CSP, csp_override, csp_report_only_override
from partita.security.rate_limit import by, by_ip, by_route, by_user, rate_limit, rate_limit_middleware
from partita.security.rates import RATES, Decision, Rates, Rule
from partita.security.settings import DEFAULT_POLICY, NONCE, SecuritySettings

if TYPE_CHECKING:
    from partita.security.content_types import content_types_middleware, require_content_type
    from partita.security.fetch_metadata import fetch_metadata_exempt, fetch_metadata_guard
    from partita.security.rate_stores import MemoryRates, RedisRates
    from partita.security.uploads import UploadRules, check_upload, safe_filename, safe_place
else:  # what many applications do not use
    __getattr__, __dir__ = on_first_use(
        __name__,
        {
            "content_types": ("content_types_middleware", "require_content_type"),
            "fetch_metadata": ("fetch_metadata_exempt", "fetch_metadata_guard"),
            "rate_stores": ("MemoryRates", "RedisRates"),
            "uploads": ("UploadRules", "check_upload", "safe_filename", "safe_place"),
        },
    )

__all__ = (
    "clear_site_data",
    "clears_site_data",
    "content_types_middleware",
    "require_content_type",
    "CorsSettings",
    "cors_middleware",
    "csrf_exempt",
    "csrf_guard",
    "csrf_middleware",
    "csrf_protect",
    "ensure_csrf_cookie",
    "get_token",
    "requires_csrf_token",
    "rotate_token",
    "CsrfFailed",
    "HostNotAllowed",
    "PolicyError",
    "SecurityError",
    "fetch_metadata_exempt",
    "fetch_metadata_guard",
    "xframe_options_deny",
    "xframe_options_exempt",
    "xframe_options_sameorigin",
    "CSP_NONCE",
    "headers_middleware",
    "host_middleware",
    "CSP",
    "csp_override",
    "csp_report_only_override",
    "by",
    "by_ip",
    "by_route",
    "by_user",
    "rate_limit",
    "rate_limit_middleware",
    "MemoryRates",
    "RedisRates",
    "RATES",
    "Decision",
    "Rates",
    "Rule",
    "DEFAULT_POLICY",
    "NONCE",
    "SecuritySettings",
    "UploadRules",
    "check_upload",
    "safe_filename",
    "safe_place",
)
