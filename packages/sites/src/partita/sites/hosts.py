"""The host that a request is for."""

from typing import Any

from partita.http.hosts import split_domain_port

__all__ = ("domains_of", "host_of")


def host_of(request: Any) -> str:
    """Return the host as the client named it, with its port if it named one.

    Args:
        request: Immutable, or a draft, which also checks that the application answers to the host.

    Raises:
        BadRequest: If it is not a host.
        DisallowedHost: If a draft's host is none that the application answers to.
    """
    return str(request.get_host()) if hasattr(request, "get_host") else str(request.host)


def domains_of(request: object) -> tuple[str, ...]:
    """Return the domains that a site for a request may have: with the port, if there is one, and without it."""
    name, port = split_domain_port(host_of(request))
    return (f"{name}:{port}", name) if port else (name,)
