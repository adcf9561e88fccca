"""Grocy: products, by their number or their grocycode."""

from labelhub.integrations.grocy.lookup import find, search
from labelhub.integrations.grocy.webhook import received
from labelhub.integrations.integration import Kind

KIND = Kind(title="Grocy", find=find, search=search, received=received, needs_token=True, token_in_body=True)
