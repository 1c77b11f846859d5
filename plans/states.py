"""Which step may follow which. Nothing else is possible; docs/states.md draws it."""

from plans.models import Agreement, Offer, PlanRequest

R, O, A = PlanRequest.Status, Offer.Status, Agreement.Status  # noqa: E741

REQUEST: dict[str, set[str]] = {
    R.DRAFT: {R.SUBMITTED, R.WITHDRAWN},
    R.SUBMITTED: {R.UNDER_REVIEW, R.WITHDRAWN},
    R.UNDER_REVIEW: {R.OFFERED, R.REFUSED, R.WITHDRAWN},
    R.OFFERED: set(),
    R.REFUSED: set(),
    R.WITHDRAWN: set(),
}
OFFER: dict[str, set[str]] = {
    O.PREPARING: {O.OPEN, O.WITHDRAWN, O.EXPIRED},
    O.OPEN: {O.ACCEPTED, O.DECLINED, O.EXPIRED, O.WITHDRAWN, O.SUPERSEDED},
    O.ACCEPTED: set(),
    O.DECLINED: set(),
    O.EXPIRED: set(),
    O.WITHDRAWN: set(),
    O.SUPERSEDED: set(),
}
AGREEMENT: dict[str, set[str]] = {
    A.ACTIVE: {A.COMPLETED, A.BROKEN, A.REPLACED},
    A.COMPLETED: set(),
    A.BROKEN: set(),
    A.REPLACED: set(),
}
TABLES = {PlanRequest: REQUEST, Offer: OFFER, Agreement: AGREEMENT}
