"""The steps of a new case: each has a form, and says what saving it calls."""

from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils.timezone import now
from django.utils.translation import gettext as _

from accounts.access import PortalRequest
from disputes import filing_queries as queries
from disputes import rules
from disputes.actions import drafting, filing
from disputes.forms.filing import (
    ContactForm,
    LinesForm,
    MatterForm,
    ReasonForm,
    RightForm,
    SeenForm,
)
from disputes.models import Dispute


def _matter(draft: Dispute, data: QueryDict | None) -> MatterForm:
    return MatterForm(data, initial={"matter": draft.matter, "topic": draft.topic})


def _lines(draft: Dispute, data: QueryDict | None) -> LinesForm:
    kept = [each.line.name for each in queries.asked(draft)]
    seen = rules.STEPS.index(draft.step) > rules.STEPS.index("lines")
    initial = {"lines": kept, "missing": seen and not kept}
    turning = bool(data and "go" in data)  # a page of the list further on, or back
    return LinesForm(data, initial=initial, matter=draft.matter, optional=turning)


def _reason(draft: Dispute, data: QueryDict | None) -> ReasonForm:
    return ReasonForm(data, initial={"reason": draft.reason}, matter=draft.matter)


def _right(draft: Dispute, data: QueryDict | None) -> RightForm:
    initial = {"words": draft.words, "remedy": draft.remedy}
    asked, answers = queries.asked(draft), queries.answers(draft)
    return RightForm(data, initial=initial, asked=asked, answers=answers)


def _contact(draft: Dispute, data: QueryDict | None) -> ContactForm:
    return ContactForm(data, initial=ContactForm.kept(draft, queries.representative(draft)))


def _files(draft: Dispute, data: QueryDict | None) -> SeenForm:
    return SeenForm(data)


def _authority(draft: Dispute, data: QueryDict | None) -> SeenForm:
    shown = queries.answers(draft).authority
    return SeenForm(data, lacking="" if shown else _(filing.GAPS["authority"]))


FORMS: dict[str, Callable[[Dispute, QueryDict | None], Any]] = {
    "matter": _matter, "lines": _lines, "reason": _reason, "right": _right, "files": _files,
    "contact": _contact, "authority": _authority,
}  # fmt: skip


def save(request: PortalRequest, draft: Dispute, step: str, form: Any) -> str:
    """Keep what a valid form says; return the step that follows. Errors: as drafting has them."""
    by, at, told = request.user, now(), form.cleaned_data
    if step == "matter":
        topic = told["topic"]
        return drafting.save_matter(draft, matter=told["matter"], topic=topic, by=by, at=at)
    if step == "lines":
        return drafting.save_lines(draft, form.names, by=by, at=at)
    if step == "reason":
        return drafting.save_reason(draft, told["reason"], by=by, at=at)
    if step == "right":
        words, remedy = told["words"], told["remedy"]
        return drafting.save_right(draft, form.rights, words=words, remedy=remedy, by=by, at=at)
    if step == "contact":
        asked_by, helper = told["contact_by"], form.helper
        return drafting.save_contact(draft, contact_by=asked_by, helper=helper, by=by, at=at)
    return drafting.save_seen(draft, step, by=by, at=at)
