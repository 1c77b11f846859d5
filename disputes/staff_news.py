"""What waits for the staff beside the clocks: answers that came, letters held back, the year."""

from collections.abc import Sequence
from datetime import date

from django.db.models import F, Max, Q

from accounts.evidence.queries import MANY
from disputes import letters, terms
from disputes.models import Dispute, Message
from portal.records.audit import subject_of
from portal.records.models import StaffView


def news(cases: Sequence[Dispute]) -> set[int]:
    """Return which of these cases somebody has to whom the cardholder wrote since they looked.

    Two queries, however many cases. A look is one at any page of the case (the log of views).
    """
    had = {case.pk: f"user:{case.taken_by_id}" for case in cases if case.taken_by_id}
    told = Message.objects.filter(dispute__in=had, dispute__status__in=Dispute.LIVE).exclude(
        Q(kind__in=(Message.Kind.NOTE, Message.Kind.QUESTION)) | Q(sent_by=F("dispute__taken_by"))
    )
    wrote = dict(told.values_list("dispute").annotate(Max("sent_at")).order_by())
    subjects = {subject_of(case): case.pk for case in cases if case.pk in wrote}
    looks = StaffView.objects.filter(subject__in=subjects).values_list("subject", "actor")
    looked = {
        (subjects[subject], actor): at
        for subject, actor, at in looks.annotate(Max("at")).order_by()
    }
    return {pk for pk, at in wrote.items() if not (seen := looked.get((pk, had[pk]))) or seen < at}


def held_back_count() -> int:
    """How many letters no worker tries any more: the home card. MANY at most."""
    return letters.held_back().order_by()[:MANY].count()


def year_unknown(*, on: date) -> int | None:
    """Return a year to come in which a live case is due and whose make-up days are not known yet.

    Then a promised day may lie beside the working day meant (disputes.calendar).
    """
    live = Dispute.objects.filter(status__in=Dispute.LIVE, due_on__gt=date(on.year, 12, 31))
    last = live.order_by("-due_on").values_list("due_on", flat=True).first()
    return last.year if last and not terms.working_days().announced(last.year) else None
