"""Which step may follow which. Nothing else is possible; docs/states.md draws it."""

from accounts.files.model import STEPS
from plans.models import Agreement, Offer, Paper, PlanRequest, PolicyVersion

R, O, A = PlanRequest.Status, Offer.Status, Agreement.Status  # noqa: E741
P = PolicyVersion.Status

REQUEST: dict[str, set[str]] = {
    R.DRAFT: {R.SUBMITTED, R.WITHDRAWN},
    R.SUBMITTED: {R.UNDER_REVIEW, R.OFFERED, R.WITHDRAWN},  # offered at once: by the policy
    R.UNDER_REVIEW: {R.OFFERED, R.REFUSED, R.WITHDRAWN},
    R.OFFERED: set(),
    R.REFUSED: set(),
    R.WITHDRAWN: set(),
}
OFFER: dict[str, set[str]] = {
    O.PROPOSED: {O.PREPARING, O.WITHDRAWN, O.EXPIRED},
    O.PREPARING: {O.OPEN, O.WITHDRAWN, O.EXPIRED},
    O.OPEN: {O.ACCEPTED, O.DECLINED, O.EXPIRED, O.WITHDRAWN, O.SUPERSEDED},
    O.ACCEPTED: set(),
    O.DECLINED: set(),
    O.EXPIRED: set(),
    O.WITHDRAWN: set(),
    O.SUPERSEDED: set(),
}
AGREEMENT: dict[str, set[str]] = {
    A.ACTIVE: {A.COMPLETED, A.BROKEN, A.REPLACED, A.WITHDRAWN, A.ENDED},
    A.COMPLETED: set(),
    A.BROKEN: set(),
    A.REPLACED: set(),
    A.WITHDRAWN: set(),
    A.ENDED: set(),
}
POLICY: dict[str, set[str]] = {
    P.DRAFT: {P.PROPOSED, P.WITHDRAWN},
    P.PROPOSED: {P.APPROVED, P.DRAFT, P.WITHDRAWN},
    P.APPROVED: set(),
    P.WITHDRAWN: set(),
}
TABLES = {
    PlanRequest: REQUEST, Offer: OFFER, Agreement: AGREEMENT, PolicyVersion: POLICY, Paper: STEPS
}  # fmt: skip
