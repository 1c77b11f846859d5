"""Which step of a request for evidence may follow which; docs/states.md draws it."""

from django.db.models import Model

from accounts.models import EvidenceRequest

S = EvidenceRequest.Status

REQUEST: dict[str, set[str]] = {
    S.REQUESTED: {S.PREPARING},
    # preparing again: its worker was killed. Requested again: it is tried later, or afresh.
    S.PREPARING: {S.PREPARING, S.REQUESTED, S.READY, S.FAILED, S.DECLINED},
    S.READY: set(),
    S.DECLINED: set(),
    S.FAILED: {S.REQUESTED},
}
TABLES: dict[type[Model], dict[str, set[str]]] = {EvidenceRequest: REQUEST}
