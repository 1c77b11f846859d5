"""Working days by jurisdiction, from the `holidays` package: monthly releases, make-up days too.

It takes a quarter of a second to import, once in a process, so only who counts days imports it.
"""

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any


@dataclass(frozen=True)
class Calendar:
    """Which days the bank works on in one jurisdiction."""

    law: str

    def is_working(self, on: date) -> bool:
        """Tell whether the bank works: a weekday that is no holiday, or a make-up weekend day."""
        return bool(_year(self.law, on.year).is_working_day(on))

    def announced(self, year: int) -> bool:
        """Tell whether a year's calendar is complete.

        In China the State Council announces each November which weekend days of the next year are
        worked. Until a release of `holidays` knows them, the statutory days alone count: then the
        day we promise may lie beside the working day meant; the last lawful day, counted in
        calendar days, is right all the same.
        """
        return self.law != "cn" or year in _year(self.law, year).special_public_holidays


@lru_cache(maxsize=64)
def _year(law: str, year: int) -> Any:
    """Return one year's days. One object for each: the package fills them in without a lock.

    Errors: KeyError for an unknown jurisdiction.
    """
    from holidays.countries.china import CN
    from holidays.countries.united_kingdom import GB
    from holidays.countries.united_states import US

    countries: dict[str, tuple[Any, dict[str, str]]] = {
        "cn": (CN, {}), "us": (US, {}), "uk": (GB, {"subdiv": "ENG"}),
    }  # fmt: skip
    country, part = countries[law]
    return country(years=year, expand=False, **part)


def calendar(law: str) -> Calendar:
    """Return the calendar of a jurisdiction: cn, us (federal holidays) or uk (England)."""
    return Calendar(law)
