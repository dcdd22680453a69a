"""The formats that `catalog import` knows, in the order in which they are tried."""

from patchwarden.catalog.feed import Format

FORMATS: tuple[Format, ...] = ()
