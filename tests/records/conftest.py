"""Fixtures that several files of this room use."""

from tests.records.timestamps import bank, tsa

__all__ = ["bank", "tsa"]
