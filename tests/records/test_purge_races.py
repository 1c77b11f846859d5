"""A purge against its twin, and against a legal hold that is placed in the middle."""

import threading
from dataclasses import replace

import pytest
from django.db import connection

from accounts.models import ContactAttempt
from portal.kit.errors import Stale
from portal.records import retention
from portal.records.audit import breaks, subject_of
from portal.records.models import AuditEvent, Purge
from portal.records.retention import holds, purges
from tests import people
from tests.records.old import AT, CONTACTS, confirmed, old_contacts, two_people


@pytest.mark.django_db(transaction=True)
def test_run_twice_at_once_each_row_goes_once(monkeypatch):
    monkeypatch.setattr(purges, "AT_ONCE", 2)
    old_contacts()
    purge = confirmed(two_people())

    def work(i):
        try:
            return purges.carry_out(Purge.objects.get(pk=purge.pk), at=AT)
        except Stale:
            return None

    results = people.in_parallel(4, work)
    assert [r for r in results if r] == [{"deleted": 7, "left_out": 0}]
    parts = AuditEvent.objects.filter(verb="records.purge_part").values_list("data", flat=True)
    assert sum(part["deleted"] for part in parts) == 7
    assert not list(breaks())


@pytest.mark.django_db(transaction=True)
def test_a_hold_waits_for_the_batch_and_the_next_one_heeds_it(monkeypatch):
    monkeypatch.setattr(purges, "AT_ONCE", 4)
    account, two = old_contacts(), two_people()
    purge, real, placed = confirmed(two), retention.CATEGORIES[CONTACTS], threading.Event()

    def place():
        try:
            holds.place(subject_of(account), reason="-", by=two[0], at=AT)
            placed.set()
        finally:
            connection.close()

    hold = threading.Thread(target=place)

    def meanwhile(pks, at):
        hold.start()
        assert not placed.wait(1), "the hold did not wait for the batch"
        return real.purge(pks, at)

    next_part = purges._next_part

    def then(*args, **named):
        more = next_part(*args, **named)
        hold.join(30)
        return more

    monkeypatch.setitem(retention.CATEGORIES, CONTACTS, replace(real, purge=meanwhile))
    monkeypatch.setattr(purges, "_next_part", then)
    assert purges.carry_out(purge, at=AT) == {"deleted": 4, "left_out": 3}
    assert placed.is_set()
    assert ContactAttempt.objects.filter(account=account).count() == 3
