from django.http import HttpRequest

from labelhub.integrations.configuration import searchable


def lookup_sources(_request: HttpRequest) -> dict[str, object]:
    """What the print form can be filled from. Its template asks; others do not."""
    return {"lookup_sources": searchable}
