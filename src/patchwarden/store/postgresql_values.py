"""Values on their way to PostgreSQL and back: as SQLite takes them and gives them."""

import math
from typing import Any

from psycopg.adapt import AdaptersMap
from psycopg.types.bool import BoolBinaryLoader
from psycopg.types.numeric import FloatBinaryDumper, Int8BinaryDumper, NumericBinaryLoader


class _NumberLoader(NumericBinaryLoader):
    """Gives what sums of integers come to as integers, as SQLite does."""

    def load(self, data: Any) -> Any:  # noqa: ANN401 - as the method that it replaces
        number = super().load(data)
        return int(number) if number == number.to_integral_value() else float(number)


class _TruthLoader(BoolBinaryLoader):
    """Gives 0 and 1, as SQLite does."""

    def load(self, data: Any) -> Any:  # noqa: ANN401 - as the method that it replaces
        return int(super().load(data))


class _FloatDumper(FloatBinaryDumper):
    """Writes what is no number as NULL, as SQLite does."""

    def dump(self, obj: Any) -> Any:  # noqa: ANN401 - as the method that it replaces
        return None if math.isnan(obj) else super().dump(obj)


def adapt(adapters: AdaptersMap) -> None:
    """Have a connection pass values on like SQLite."""
    # One type for all integers, so that a statement is prepared once.
    for kind in (int, bool):
        adapters.register_dumper(kind, Int8BinaryDumper)
    adapters.register_dumper(float, _FloatDumper)
    adapters.register_loader("numeric", _NumberLoader)
    adapters.register_loader("bool", _TruthLoader)
