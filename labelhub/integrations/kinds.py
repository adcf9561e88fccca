"""Which kinds of integrations there are. To add one, copy the folder of a sibling and add its line."""

from labelhub.integrations import grocy, snipeit, spoolman, webhook
from labelhub.integrations.integration import Kind

KINDS: dict[str, Kind] = {
    "snipeit": snipeit.KIND,
    "grocy": grocy.KIND,
    "spoolman": spoolman.KIND,
    "webhook": webhook.KIND,
}
