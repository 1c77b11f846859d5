"""Letters: asked for in the act, drawn once whatever happens, readable, checkable."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import override

from disputes import effects, letters, words
from disputes.actions import answering
from disputes.models import Deadline, Decision, Dispute, Letter, Ruling
from portal.kit.errors import Stale
from portal.records import documents, sealing, verification
from portal.records.models import AuditEvent, Document, Notice
from tests.disputes.scene import Scene, case, line
from tests.people import person, sign_in, staff
from tests.records.papers import text_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("development_seal")]
K = Letter.Kind


@pytest.fixture
def scene() -> Scene:
    return Scene.made()


def with_lines(scene: Scene, status: str = "received", **changes: Any) -> Dispute:
    """A case over a record and a posting of which a certified copy is cited."""
    dispute = case(scene.account, status, **changes)
    on = localdate().replace(day=1).isoformat()
    told = {"code": "2", "days": 31, "bureau": "Demo Bureau"}
    line(dispute, "record", f"AC0001:{on[:7]}", on=on, text="2 · Demo Bureau", extra=told)
    posting = line(dispute, "posting", "late_fee", on=on, text="Late fee", amount="40.00")
    posting.asked_amount, posting.asked_days = Decimal(0), 0
    posting.document_number = "EV-AAAA2222"
    posting.document_sha256, posting.document_line = "ab" * 32, "P-0003"
    posting.save()
    return dispute


def decided(dispute: Dispute, outcome: str = "upheld", *, round: int = 1) -> Decision:
    by = staff("complaint_handler")
    made = Decision(
        dispute=dispute, round=round, status="made", outcome=outcome, cause="system",
        credit=Decimal("40.00"), proposed_by=by, proposed_at=now(), made_at=now(),
    )  # fmt: skip
    made.reasons = "The payment of 3 September had arrived.\n\nIt was booked late."
    made.save()
    for each in dispute.lines.all():
        Ruling.objects.create(
            decision=made, line=each, outcome=outcome, right_amount=Decimal(0), right_days=0
        )
    return made


def drawn(letter: Letter) -> str:
    """Have the letter drawn and return its text."""
    while letters.draw_next(at=now()):
        pass
    letter.refresh_from_db()
    assert letter.document, letter.problem
    return " ".join(text_of(documents.read(letter.document), "-layout").split())


def test_a_receipt_says_all_that_was_sent(scene):
    dispute = with_lines(scene, words="I paid on 3 September.\nSee the slip. 🙂")
    letter = letters.write(dispute, K.RECEIPT, at=now())
    text = drawn(letter)
    for said in ("I paid on 3 September.", "[U+1F642]", "EV-AAAA2222", "P-0003", "Late fee",
                 "CN-CR-04", dispute.number, letter.number, "Test Person"):  # fmt: skip
        assert said in text, said


def letter_of(scene: Scene, kind: str, language: str = "en") -> Letter:
    """A letter of a kind, about a case that is where such a letter is written."""
    if kind in (K.RECEIPT, K.EXTENSION, K.DELAY):
        dispute = with_lines(scene, "in_review", language=language)
        if kind == K.EXTENSION:
            extended(dispute, scene)
        effects.begin(dispute, by=None, at=now())
        return letters.write(dispute, kind, at=now())
    dispute = with_lines(scene, "rejected", language=language)
    made = decided(dispute, "upheld" if kind == K.DECISION else "rejected")
    if kind in (K.REVIEW_RECEIPT, K.REVIEW_DECISION):
        answering.ask_review(dispute, "You overlooked the slip.", by=scene.holder, at=now())
    if kind == K.REVIEW_DECISION:
        made = decided(dispute, "partly_upheld", round=2)
    if kind == K.REVIEW_RECEIPT:
        return dispute.letters.get()
    return letters.write(dispute, kind, at=now(), decision=made)


def extended(dispute: Dispute, scene: Scene) -> None:
    due = localdate() + timedelta(days=30)
    moved = Deadline.objects.create(
        dispute=dispute, round=1, step=1, rule="CN-CMP-02", counted_from=localdate(), value=30,
        unit="calendar days", due_on=due, plan_on=due, reason="The shop has not answered yet.",
        asked_by=scene.handler, made_at=now(),
    )  # fmt: skip
    Dispute.objects.filter(pk=dispute.pk).update(deadline=moved, due_on=due)
    dispute.refresh_from_db()


SAYS = {
    K.RECEIPT: ["By when we answer", "Until then", "in dispute", "You can withdraw the case"],
    K.EXTENSION: ["The shop has not answered yet.", "30 calendar days", "CN-CMP-02"],
    K.DECISION: [
        "What was reported is wrong. We correct it", "It was booked late.", "It will read",
        "We credit ¥40.00", "You can ask for a second review until", "You can go to court.",
    ],
    K.REVIEW_RECEIPT: ["You overlooked the slip.", "The first answer", "no part in the first"],
    K.REVIEW_DECISION: ["this answer is final", "You can go to court.", "People's Bank of China"],
    K.WITHDRAWAL: ["it ended the same day", "You have lost no right by this"],
    K.DELAY: [
        "We are sorry.", "You need not wait for us.", "Financial Ombudsman Service free of charge",
        "We expect to answer by",
    ],
}  # fmt: skip


@pytest.mark.parametrize("kind", list(SAYS))
def test_each_letter_says_what_it_must(scene, kind, settings):
    if kind == K.DELAY:  # no other law asks for one
        settings.JURISDICTION = "uk"
    letter = letter_of(scene, kind)
    text = drawn(letter)
    for said in SAYS[kind]:
        assert said in text, said
    assert letter.document
    assert letter.document.kind == f"dispute.{kind}"
    if kind == K.REVIEW_DECISION:
        assert "second review until" not in text


def test_a_letter_is_checked_like_any_document(client, scene):
    letter = letter_of(scene, K.RECEIPT)
    drawn(letter)
    assert letter.document
    assert verification.check(documents.read(letter.document)).outcome == "valid"
    client.cookies["django_language"] = "en"
    shown = client.get(f"/verify/{letter.document.code}/").content.decode()
    assert "Receipt" in shown
    assert "Test Person" not in shown


def test_a_letter_stays_as_it_was_when_it_was_asked_for(scene):
    dispute = with_lines(scene, words="First words.")
    letter = letters.write(dispute, K.RECEIPT, at=now())
    dispute.words = "Later words."
    dispute.save()
    assert "First words." in drawn(letter)


def test_the_letters_of_a_case_are_numbered_and_nothing_personal_is_in_the_trail(scene):
    dispute = with_lines(scene, words="Secret words")
    numbers = [letters.write(dispute, K.RECEIPT, at=now()).number for _ in range(2)]
    assert numbers == [f"{dispute.number}-1", f"{dispute.number}-2"]
    trail = str(list(AuditEvent.objects.values_list("data", flat=True)))
    assert "Secret" not in trail
    assert "Test Person" not in trail
    assert "Secret" not in Letter.objects.latest("pk").sealed_facts


# == the worker


def test_drawn_twice_at_once_one_is_filed(scene):
    letter = letters.write(with_lines(scene), K.RECEIPT, at=now())
    mine, theirs = Letter.objects.get(), Letter.objects.get()
    assert letters.draw(mine, at=now())
    assert not letters.draw(theirs, at=now())
    assert Document.objects.filter(subject=f"disputes.letter:{letter.pk}").count() == 1


def test_a_worker_whose_lease_was_over_files_nothing(scene, monkeypatch):
    letters.write(with_lines(scene), K.RECEIPT, at=now())
    seal = sealing.draw_sealed

    def slow(*args: Any, **named: Any) -> bytes:
        later = now() + 2 * letters.LEASE
        Letter.objects.update(next_try_at=later)  # another worker took it meanwhile
        return seal(*args, **named)

    monkeypatch.setattr(sealing, "draw_sealed", slow)
    letters.draw_next(at=now())
    assert not Document.objects.exists()
    assert Letter.objects.get().next_try_at  # theirs still
    assert not AuditEvent.objects.filter(verb="disputes.letter.filed").exists()


def test_a_fault_is_tried_again_later_and_at_last_left_to_the_staff(client, scene, monkeypatch):
    boss = staff("supervisor")
    letter = letters.write(with_lines(scene), K.RECEIPT, at=now())

    def broken(*args: Any, **named: Any) -> bytes:
        raise OSError("disk full at /secret/path")

    with monkeypatch.context() as patched:
        patched.setattr(sealing, "draw_sealed", broken)
        assert not letters.draw_next(at=now())
        letter.refresh_from_db()
        assert (letter.tries, letter.problem) == (1, "OSError")
        assert letter.next_try_at > now()
        assert not letters.draw_next(at=now())  # not due yet
        for days in range(1, letters.MOST_TRIES - 1):
            letters.draw_next(at=now() + timedelta(days=days))
        assert not Notice.objects.exists()
        letters.draw_next(at=now() + timedelta(days=letters.MOST_TRIES))
    assert list(letters.held_back()) == [letter]
    mail = Notice.objects.get()  # once
    assert (mail.kind, mail.recipient) == ("dispute.letter_held_back", boss.email)
    assert "Test Person" not in mail.subject + mail.body
    assert not letters.draw_next(at=now() + timedelta(days=99))
    desk = sign_in(client, scene.handler)
    assert "1 letter held back" in desk.get(reverse("staff_home")).content.decode()
    page = desk.get(reverse("disputes:queue"), {"tab": "letters"})
    assert [row.case for row, *_ in page.context["rows"]] == [letter.dispute]
    url = reverse("disputes:retry_letter", args=[letter.dispute.number, letter.number])
    assert (
        url
        in desk.get(reverse("disputes:staff_case", args=[letter.dispute.number])).content.decode()
    )
    desk.post(url)
    drawn(letter)
    assert "Something changed meanwhile" in desk.post(url, follow=True).content.decode()
    with pytest.raises(Stale):
        letters.retry(letter, by=scene.handler, at=now())


def test_a_lost_worker_costs_its_lease(scene):
    letter = letters.write(with_lines(scene), K.RECEIPT, at=now())
    assert letters.claim(letter, at=now())  # and then it was killed
    assert not letters.due(at=now()).exists()
    assert letters.due(at=now() + letters.LEASE).exists()


def test_a_name_that_cannot_be_printed_is_held_back():
    scene = Scene.made()
    holder = scene.account.cardholder
    sealed = holder.sealed(holder.ref, person(full_name="Test 🙂 Person"))
    type(holder).objects.filter(pk=holder.pk).update(**sealed)
    scene.account.cardholder.refresh_from_db()
    letters.write(with_lines(scene), K.RECEIPT, at=now())
    letters.draw_next(at=now())
    assert letters.held_back().get().problem == "GLYPH: U+1F642"


def test_a_letter_of_an_act_that_failed_is_not_written(scene):
    dispute = with_lines(scene)
    with pytest.raises(IntegrityError), transaction.atomic():
        letters.write(dispute, K.RECEIPT, at=now())
        raise IntegrityError
    assert not Letter.objects.exists()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("征信业管理条例 art. 25", "征信业管理条例 art. 25"),
        ("商业银行信用卡业务监督管理办法 art. 70(1)", "商业银行信用卡业务监督管理办法 art. 70(1)"),
        ("银行业保险业消费投诉处理管理办法: complex cases", "银行业保险业消费投诉处理管理办法"),
        ("DISP 1.6.2R", "DISP 1.6.2R"),
    ],
)
def test_a_law_is_named_without_the_packs_remarks(source, said):
    with override("en"):
        assert words.cited(source) == said
