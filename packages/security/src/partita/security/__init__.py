"""Host check, security headers, HTTPS and protection against cross-site request forgery."""

from partita.security.csrf import csrf_exempt, csrf_guard, csrf_middleware, get_token, rotate_token
from partita.security.errors import CsrfFailed, HostNotAllowed, PolicyError, SecurityError
from partita.security.headers import CSP_NONCE, headers_middleware
from partita.security.hosts import host_middleware
from partita.security.settings import DEFAULT_POLICY, NONCE, SecuritySettings

__all__ = (
    "CSP_NONCE",
    "DEFAULT_POLICY",
    "NONCE",
    "CsrfFailed",
    "HostNotAllowed",
    "PolicyError",
    "SecurityError",
    "SecuritySettings",
    "csrf_exempt",
    "csrf_guard",
    "csrf_middleware",
    "get_token",
    "headers_middleware",
    "host_middleware",
    "rotate_token",
)
