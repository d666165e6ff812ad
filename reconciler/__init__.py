"""Integration packs, released from git to every account, exactly once."""

__version__ = "0.1.0"
