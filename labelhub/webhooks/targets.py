"""Where messages may go: to origins that the operator named, and nowhere else, so that nobody can point the hub at
addresses inside its network."""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from printers.errors import Forbidden, InvalidInput

DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises InvalidInput for what is no http(s) address, or carries a password."""
    try:
        parts = urlsplit(url)
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError as error:
        raise InvalidInput(_("This is no address.")) from error
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or parts.username or parts.password:
        raise InvalidInput(_("Give an address such as https://host/path, without a user name in it."))
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise InvalidInput(_("There are characters here that an address does not have."))
    return parts.scheme, parts.hostname.rstrip(".").lower(), port


def check_target(url: str) -> None:
    """Raises InvalidInput, and Forbidden for an origin that LABELHUB_WEBHOOK_ORIGINS does not name."""
    wanted = origin_of(url)
    if wanted not in {origin_of(each) for each in settings.WEBHOOK_ORIGINS}:
        scheme, host, port = wanted
        raise Forbidden(
            _("Messages may not go to %(origin)s: LABELHUB_WEBHOOK_ORIGINS does not name it.")
            % {"origin": f"{scheme}://{host}:{port}"}
        )
