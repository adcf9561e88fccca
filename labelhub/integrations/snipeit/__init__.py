"""Snipe-IT: assets, by their number or their tag."""

from labelhub.integrations.integration import Kind
from labelhub.integrations.snipeit.lookup import find, search
from labelhub.integrations.snipeit.webhook import received

KIND = Kind(title="Snipe-IT", find=find, search=search, received=received, needs_token=True)
