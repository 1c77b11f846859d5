"""What came with a case, was said in it and happened to it, as its handlers read it."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy

from accounts.history import Happened, history
from disputes.models import Correction, Decision, Dispute, Message


def thread(dispute: Dispute) -> list[Message]:
    """Everything that was said, notes too, oldest first. Two queries."""
    rows = dispute.messages.select_related("sent_by").prefetch_related("uploads")
    return list(rows.order_by("pk"))


HAPPENED = {
    "disputes.dispute.clock_started": gettext_lazy("The clock started."),
    "disputes.dispute.extension_asked": gettext_lazy("More time was asked for."),
    "disputes.dispute.extension_refused": gettext_lazy("More time was refused."),
    "disputes.dispute.extended": gettext_lazy("The deadline was moved."),
    "disputes.dispute.clock_stopped": gettext_lazy("The clock was stopped."),
    "disputes.dispute.clock_restarted": gettext_lazy("The clock went on."),
    "disputes.dispute.warned": gettext_lazy("A warning of the deadline went out."),
    "disputes.correction.asked": gettext_lazy("A correction was asked for."),
    "disputes.correction.done": gettext_lazy("The correction is in the books."),
    "disputes.correction.superseded": gettext_lazy("A later answer replaced a correction."),
    "disputes.correction.settled": gettext_lazy("A correction was settled in another way."),
    "disputes.correction.late": gettext_lazy("The correction is late."),
    "disputes.upload.added": gettext_lazy("A file came."),
    "disputes.upload.clean": gettext_lazy("A file was checked and is safe."),
    "disputes.upload.quarantined": gettext_lazy("A file was held back for safety."),
    "disputes.upload.rejected": gettext_lazy("A file could not be used."),
    "disputes.upload.pending": gettext_lazy("A file is checked again."),
    "disputes.upload.downloaded": gettext_lazy("A file was fetched."),
    "disputes.upload.removed": gettext_lazy("A file was taken back."),
    "disputes.dispute.told_late": gettext_lazy("The cardholder was told that we are late."),
    "disputes.letter.held_back": gettext_lazy("A letter was held back."),
    "disputes.letter.late": gettext_lazy("A warning of the late receipt went out."),
    "disputes.letter.retried": gettext_lazy("A letter is tried again."),
    "disputes.dispute.begun": gettext_lazy("The case was begun."),
    "disputes.dispute.received": gettext_lazy("The case was received."),
    "disputes.dispute.in_review": gettext_lazy("A colleague looks at it."),
    "disputes.dispute.taken": gettext_lazy("A colleague took the case."),
    "disputes.dispute.taken_over": gettext_lazy("Another colleague took it over."),
    "disputes.dispute.assigned": gettext_lazy("A supervisor gave it to a colleague."),
    "disputes.dispute.declared": gettext_lazy("The colleague declared to have no part in it."),
    "disputes.dispute.waiting_for_cardholder": gettext_lazy("The cardholder was asked."),
    "disputes.dispute.upheld": gettext_lazy("It was upheld."),
    "disputes.dispute.partly_upheld": gettext_lazy("It was upheld in part."),
    "disputes.dispute.rejected": gettext_lazy("It was rejected."),
    "disputes.dispute.unconfirmed": gettext_lazy("It could not be confirmed."),
    "disputes.dispute.withdrawn": gettext_lazy("It was withdrawn."),
    "disputes.dispute.under_second_review": gettext_lazy("A second review was asked for."),
    "disputes.dispute.final": gettext_lazy("The second review was decided."),
    "disputes.dispute.closed": gettext_lazy("It was closed."),
    "disputes.message.question": gettext_lazy("A question was sent."),
    "disputes.message.message": gettext_lazy("A message was sent."),
    "disputes.message.answer": gettext_lazy("The cardholder answered."),
    "disputes.message.note": gettext_lazy("A note was kept."),
    "disputes.decision.proposed": gettext_lazy("A decision was proposed."),
    "disputes.decision.made": gettext_lazy("The decision was made."),
    "disputes.decision.returned": gettext_lazy("The decision was sent back."),
    "disputes.letter.asked": gettext_lazy("A letter was ordered."),
    "disputes.letter.filed": gettext_lazy("A letter was sealed and filed."),
    "disputes.letter.downloaded": gettext_lazy("A letter was fetched."),
}


STEPS = "disputes.dispute.saved"  # of a draft: of no interest to the staff


def trail(dispute: Dispute, decisions: Sequence[Decision]) -> list[Happened]:
    """What happened to the case and all that belongs to it, oldest first."""
    wanted = Correction.objects.filter(ruling__decision__in=decisions)
    things = [dispute, *decisions, *dispute.letters.all(), *dispute.uploads.all(), *wanted]
    return [each for each in history(things, HAPPENED) if each.what != STEPS]
