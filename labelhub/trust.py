"""Whom an HTTPS client of the hub believes."""

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=8)
def trusted(ca_file: str = "") -> Any:
    """One SSL context for all requests: reading the authorities takes 30 ms, and some MB that the heap never forgets.

    `ca_file` names authorities (PEM) that are believed as well. Raises OSError where it cannot be read.
    """
    import httpx

    context = httpx.create_ssl_context(trust_env=False)
    # What this machine trusts as well: at home the authority is often its owner.
    context.load_default_certs()
    if ca_file:
        context.load_verify_locations(cafile=ca_file)
    return context
