"""Printers that stand in for each other: which of them a label goes to, and when it moves on."""

from jobs.pools.choosing import Choice, choose, find_pool, fits_loaded, members_of
from jobs.pools.moving import gather, hand_over, hand_over_all

__all__ = ["Choice", "choose", "find_pool", "fits_loaded", "gather", "hand_over", "hand_over_all", "members_of"]
