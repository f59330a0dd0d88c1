"""Whether a schedule is open: local hours and holidays, through changes to and from summer time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from carillon.stores.ports import ScheduleProfile


def is_open(schedule: ScheduleProfile, now: float) -> bool:
    """Whether it is open at `now` (Unix seconds). Hours past midnight belong to the day on which they begin."""
    local = datetime.fromtimestamp(now, _zone(schedule.timezone))
    minute = local.hour * 60 + local.minute
    today, yesterday = local.date(), local.date() - timedelta(days=1)
    return any(
        (_is_day(day, today, schedule) and begin <= minute and (end < begin or minute < end))
        or (_is_day(day, yesterday, schedule) and end < begin and minute < end)
        for day, begin, end in schedule.hours
    )


def _is_day(day: int, date: date, schedule: ScheduleProfile) -> bool:
    """Whether `date` is such a day of the week and no holiday."""
    return day == date.weekday() and date.isoformat() not in schedule.holidays


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)
