"""What an integration is: an entry of the configuration, a kind that knows its app, and the items of that."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Integration:
    """One `[[integration]]` of the configuration; `error` is the sentence when it cannot work as written.

    `url` has no slash at its end. `fields` names more fields of labels, each with its path into the app's own JSON.
    """

    name: str
    kind: str
    title: str
    url: str = ""
    token: str = field(default="", repr=False)
    ca_file: str = ""
    template: str = ""
    printer: str = ""
    pool: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    webhook_secret: str = field(default="", repr=False)
    browser_origin: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """A thing of the other app: `fields` by the names that templates have, `raw` as the app described it."""

    id: str
    title: str
    fields: dict[str, Any]
    url: str = ""
    raw: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Kind:
    """What one folder knows of its app.

    `received` says what the body of a verified webhook wants to have printed; it may ask the app. Without `find` and
    `search` the app is not asked, it only calls. All of them raise what labelhub/integrations/client.py raises, and
    UnknownItem; `received` also InvalidInput.
    """

    title: str
    received: Callable[[Integration, Any], Item]
    find: Callable[[Integration, str], Item] | None = None
    search: Callable[[Integration, str], list[Item]] | None = None
    needs_token: bool = False
    # It cannot set a header, so that its token comes as a member of the body.
    token_in_body: bool = False
