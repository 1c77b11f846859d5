"""Locks of a case, in the one order that never deadlocks: account, case, outbox.

Locked first and read then: a joined row is read before the wait for a lock, not after it.
"""

from accounts.models import CardAccount
from disputes.models import Dispute


def locked(dispute: Dispute) -> Dispute:
    """Return the case as it is now; whoever else changes it waits. Inside a transaction.

    An act that moves marks, holds or the status calls with_account() instead.
    """
    Dispute.objects.select_for_update().get(pk=dispute.pk)
    return Dispute.objects.select_related("account__cardholder__user", "deadline", "taken_by").get(
        pk=dispute.pk
    )


def with_account(dispute: Dispute) -> Dispute:
    """Lock the account first, then the case; return the case as it is now."""
    CardAccount.objects.select_for_update().get(pk=dispute.account_id)
    return locked(dispute)
