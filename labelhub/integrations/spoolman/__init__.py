"""Spoolman: spools, by their number or the code on their label."""

from labelhub.integrations.integration import Kind
from labelhub.integrations.spoolman.lookup import find, search
from labelhub.integrations.spoolman.webhook import received

KIND = Kind(title="Spoolman", find=find, search=search, received=received)
