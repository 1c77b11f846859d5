"""The walk over the audit trail finds every tampering, and no writer is taken for one."""

import threading
from datetime import UTC, datetime

import pytest
from django.db import connection

from portal.records import audit
from portal.records.models import AuditEvent, AuditHead

AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
EVENTS = "records_auditevent"


def write(subject: str, times: int = 4) -> None:
    for number in range(times):
        audit.record("test.done", subject=subject, by=None, at=AT, data={"n": number})


@pytest.fixture
def trail(db):
    """Three chains, and the triggers out of the way: the attacker owns the database."""
    for subject in ("test:1", "test:2", "test:3"):
        write(subject)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or ALTER meets pending checks
            cursor.execute(f"ALTER TABLE {EVENTS} DISABLE TRIGGER USER")
        else:
            cursor.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")


def of(seq: int):
    return AuditEvent.objects.filter(subject="test:2", seq=seq)


def insert() -> None:
    of(4).update(seq=5)
    added = of(3).get()
    added.pk, added.seq, added.previous = None, 4, added.hash
    added.hash = audit.digest(added)
    added.save(force_insert=True)


def swap() -> None:
    for was, becomes in ((2, 99), (3, 2), (99, 3)):
        of(was).update(seq=becomes)


TAMPERED = {
    "an edit": (lambda: of(2).update(verb="test.other"), "was altered"),
    "a deletion in the middle": (lambda: of(2).delete(), "event 2 is missing"),
    "a deletion at the start": (lambda: of(1).delete(), "event 1 is missing"),
    "an insertion": (insert, "does not follow the event before it"),
    "a swap": (swap, "does not follow the event before it"),
    "the tail cut": (lambda: of(4).delete(), "the end of the chain was cut off"),
    "the whole chain cut": (
        lambda: AuditEvent.objects.filter(subject="test:2").delete(),
        "the end of the chain was cut off",
    ),
    "no head": (lambda: AuditHead.objects.filter(subject="test:2").delete(), "has no head"),
    "a head set back": (
        lambda: AuditHead.objects.filter(subject="test:2").update(seq=3),
        "the end of the chain was cut off",
    ),
}


@pytest.mark.parametrize("only", [None, "test:2"])
@pytest.mark.parametrize("how", TAMPERED)
def test_every_tampering_is_found_and_nothing_else(trail, how, only):
    tamper, problem = TAMPERED[how]
    assert list(audit.breaks(only)) == []
    tamper()
    found = list(audit.breaks(only))
    assert problem in [each.problem for each in found]
    assert {each.subject for each in found} == {"test:2"}
    assert list(audit.breaks("test:1")) == []


def test_a_longer_trail_takes_no_more_queries(db, django_assert_num_queries):
    for number in range(30):
        write(f"test:{number}", times=2)
    with django_assert_num_queries(2):
        assert list(audit.breaks()) == []


def elsewhere(act) -> None:
    """Do it in another connection, and wait until it is committed."""

    def run():
        act()
        connection.close()

    other = threading.Thread(target=run)
    other.start()
    other.join()


@pytest.mark.django_db(transaction=True)
def test_what_others_write_during_the_walk_is_no_break():
    """After each statement of the walk another connection writes to an old and to a new chain."""
    write("test:1")
    fresh = iter(range(100))

    def and_then_write(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        elsewhere(lambda: (write("test:1", 1), write(f"test:0{next(fresh)}", 1)))
        return result

    with connection.execute_wrapper(and_then_write):
        assert list(audit.breaks()) == []
    assert next(fresh) > 1
    assert list(audit.breaks()) == []
