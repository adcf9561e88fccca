"""Every page that the hub has, found in its table of addresses: a new one is looked at without being named here."""

from collections.abc import Iterator, Mapping, Sequence

from django.urls import URLPattern, URLResolver, get_resolver

# What scripts call, files, and the API's own pages, which are vendored programs.
NO_PAGES = ("api/", "admin/", "openapi.json", "docs", "redoc", "sign-out")


def routes() -> Iterator[tuple[str, str]]:
    """(route, name) of all that is not the API and not the administration, such as ("jobs/<uuid:job_id>", "job")."""
    for pattern in _flat(get_resolver(), ""):
        if not pattern[0].startswith(NO_PAGES):
            yield pattern


def _flat(resolver: URLResolver, before: str) -> Iterator[tuple[str, str]]:
    for found in resolver.url_patterns:
        if isinstance(found, URLPattern):
            yield before + str(found.pattern), found.name or ""
        elif isinstance(found, URLResolver):
            yield from _flat(found, before + str(found.pattern))


def filled(route: str, values: Mapping[str, Sequence[str]]) -> list[str]:
    """One address for each of the longest list of values; KeyError for a parameter that nobody knows a value for."""
    parts = route.split("/")
    names = [part.strip("<>").rpartition(":")[2] for part in parts if part.startswith("<")]
    count = max((len(values[name]) for name in names), default=1)
    return ["/" + "/".join(_part(part, values, number) for part in parts) for number in range(count)]


def _part(part: str, values: Mapping[str, Sequence[str]], number: int) -> str:
    if not part.startswith("<"):
        return part
    known = values[part.strip("<>").rpartition(":")[2]]
    return known[number % len(known)]
