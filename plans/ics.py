"""Due dates as a calendar file, without amounts: a locked phone shows such entries."""

from datetime import UTC

from django.conf import settings
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from plans.models import Agreement


def payments(agreement: Agreement) -> bytes:
    """Return an iCalendar file with one whole-day entry for each instalment."""
    calendar = Calendar()
    calendar.add("prodid", "-//arrears-portal//payments//EN")
    calendar.add("version", "2.0")
    instalments = list(agreement.instalments.all())
    for instalment in instalments:
        event = Event()
        event.add("uid", f"{agreement.number}-{instalment.position}@arrears-portal")
        event.add("dtstamp", agreement.accepted_at.astimezone(UTC))
        event.add("dtstart", instalment.due_on)
        place = {"number": agreement.number, "at": instalment.position, "of": len(instalments)}
        event.add("summary", _("%(number)s: %(at)s of %(of)s") % place)
        event.add("url", f"{settings.SITE_URL}/plans/agreements/{agreement.number}/")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
