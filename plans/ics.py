"""Due dates as a calendar file, without amounts: a locked phone shows such entries."""

from datetime import UTC, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event

from plans.models import Agreement, Instalment

AHEAD = timedelta(days=-3, hours=9)  # of a whole-day entry: nine in the morning, three days before


def payments(agreement: Agreement, *, asks: bool = True) -> bytes:
    """Return an iCalendar file with one whole-day entry for each instalment.

    Read again later it corrects the entries: moved days move, what an ended plan no longer asks
    for is cancelled. Only what is still to be paid is reminded of; nothing of a plan that does not
    ask while the bank looks at it.
    """
    calendar = Calendar()
    calendar.add("prodid", "-//arrears-portal//payments//EN")
    calendar.add("version", "2.0")
    instalments = list(agreement.instalments.all())
    for instalment in instalments:
        calendar.add_component(_event(agreement, instalment, len(instalments), asks=asks))
    return bytes(calendar.to_ical())


def _event(agreement: Agreement, due: Instalment, of: int, *, asks: bool) -> Event:
    event, ended = Event(), agreement.ended_at is not None
    event.add("uid", f"{agreement.number}-{due.position}@arrears-portal")
    event.add("dtstamp", agreement.accepted_at.astimezone(UTC))
    event.add("sequence", (due.moved_to is not None) + 2 * ended)
    event.add("dtstart", due.day)
    place = {"number": agreement.number, "at": due.position, "of": of}
    event.add("summary", _("%(number)s: %(at)s of %(of)s") % place)
    event.add("url", f"{settings.SITE_URL}/plans/agreements/{agreement.number}/")
    if due.paid_on is None:
        if ended:
            event.add("status", "CANCELLED")
        elif asks:
            event.add_component(_alarm(str(event["summary"])))
    return event


def _alarm(text: str) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", text)
    alarm.add("trigger", AHEAD)
    return alarm
