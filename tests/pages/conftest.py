"""The file of LABELHUB_CONFIG, where a test writes one."""

from tests.labelhub.conftest import configure

__all__ = ["configure"]
