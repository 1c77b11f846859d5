"""Fictitious cases, so that each page of the disputes room shows something, made by its actions."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils.timezone import now
from PIL import Image, ImageDraw

from accounts.models import CardAccount, User
from disputes import files, filing_queries
from disputes.actions import deciding, drafting, filing, handling
from disputes.models import Dispute, Line

Matter, Reason, Kind = Dispute.Matter, Dispute.Reason, Line.Kind


@dataclass
class Scene:
    """A cardholder with an account, who works on their case, and when it was filed."""

    account: CardAccount
    owner: User
    handler: User
    filed_at: datetime

    def later(self, days: int) -> datetime:
        return self.filed_at + timedelta(days=days)


def photo(kind: str = "JPEG", what: str = "Transfer receipt") -> bytes:
    """Draw what could be a receipt: plainly made up."""
    picture = Image.new("RGB", (900, 1200), "#f4f1e8")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((60, 60, 840, 1140), outline="#555555", width=4)
    for i, text in enumerate(("MADE UP FOR THE DEMONSTRATION", what, "1,000.00")):
        draw.text((110, 140 + 110 * i), text, fill="#222222", font_size=36)
    out = io.BytesIO()
    picture.save(out, kind)
    return out.getvalue()


def sent(
    scene: Scene, matter: str, reason: str = "", *, line: str = "", words: str = "",
    remedy: str = "", topic: str = "", attached: str = "",
) -> Dispute:  # fmt: skip
    """Go through the steps as a person does, and send. `line`: its kind; the newest is taken."""
    by, at = scene.owner, scene.filed_at
    draft = drafting.begin(scene.account, language=by.language, by=by, at=at)
    drafting.save_matter(draft, matter=matter, topic=topic, by=by, at=at)
    if line:
        drafting.save_lines(draft, [(line, newest(scene.account, line))], by=by, at=at)
        drafting.save_reason(draft, reason, by=by, at=at)
    drafting.save_right(draft, {}, words=words, remedy=remedy, by=by, at=at)
    if attached:
        kind = "PDF" if attached.endswith(".pdf") else "JPEG"
        files.add(draft, photo(kind), name=attached, by=by, at=at)
    drafting.save_contact(draft, contact_by=Dispute.Contact.PORTAL, helper=None, by=by, at=at)
    draft.refresh_from_db()
    basis = filing_queries.basis(draft)
    return filing.send(draft, basis=basis, language=by.language, by=by, at=at)


def newest(account: CardAccount, kind: str) -> str:
    """Return the key of the newest line of a kind."""
    if kind == Kind.RECORD:
        record = account.overdue_records.filter(overdue_amount__gt=0).order_by("-period").first()
        return f"{account.ref}:{record.period}" if record else ""
    rows = account.contact_attempts.order_by("-at")
    if kind == Kind.POSTING:
        fees = account.postings.filter(kind="late_fee")
        return str(fees.order_by("-posted_on", "-ref").values_list("ref", flat=True)[0])
    return str(rows.values_list("ref", flat=True)[0])


def taken(scene: Scene, dispute: Dispute, *, days: int = 1) -> Dispute:
    handling.take(dispute, declared=True, by=scene.handler, at=scene.later(days))
    dispute.refresh_from_db()
    return dispute


# == the cases


def received(scene: Scene) -> None:
    sent(
        scene, Matter.RECORD, Reason.ALREADY_PAID, line=Kind.RECORD, attached="转账回单.jpg",
        words="这笔款我在还款日当天已经转账，请核对到账时间。", remedy="请更正为当月未逾期。",
    )  # fmt: skip


def waiting(scene: Scene) -> None:
    case = taken(
        scene,
        sent(
            scene, Matter.RECORD, Reason.FRAUD, line=Kind.RECORD, attached="说明.pdf",
            words="当时卡片已经丢失，这些消费不是我本人做的。",
        ),
    )  # fmt: skip
    question = (
        "为了核实情况，请您告诉我们卡片大约是哪一天丢失的。如果报过警，请附上回执，"
        "用手机拍一张清楚的照片就可以。"
    )
    handling.ask(case, kinds=["facts"], body=question, by=scene.handler, at=scene.later(3))
    handling.note(case, body="挂失记录已经调取。", by=scene.handler, at=scene.later(3))


def upheld(scene: Scene) -> None:
    case = taken(
        scene,
        sent(
            scene, Matter.CHARGE, Reason.WRONG_AMOUNT, line=Kind.POSTING,
            words="I paid before the due date, so there should be no late payment charge.",
        ),
    )  # fmt: skip
    decided(scene, case, "upheld", cause="late_posting", right_amount=Decimal(0),
            reasons="You are right: your payment reached us in time and was booked late by our "
                    "fault. We take the charge back.")  # fmt: skip


def rejected(scene: Scene) -> None:
    case = taken(
        scene,
        sent(
            scene, Matter.RECORD, Reason.WRONG_DATES, line=Kind.RECORD,
            words="I think the days past due are counted wrongly.",
        ),
    )  # fmt: skip
    decided(scene, case, "rejected", cause="no_fault",
            reasons="We have counted the days again from the due date on your bill to the day on "
                    "which your payment reached us, and come to the same number.")  # fmt: skip


def complained(scene: Scene) -> None:
    sent(
        scene, Matter.CONTACT, Reason.OTHER, line=Kind.CONTACT,
        words="电话打到了我工作的地方，希望以后只用短信联系我。", remedy="请不要再打到单位。",
    )  # fmt: skip


def decided(
    scene: Scene, case: Dispute, outcome: str, *, cause: str, reasons: str,
    right_amount: Decimal | None = None,
) -> None:  # fmt: skip
    rulings = [deciding.Said(line, outcome, right_amount) for line in case.lines.all()]
    deciding.propose(
        case, rulings, reasons=reasons, cause=cause, basis=deciding.basis_of(case),
        by=scene.handler, at=scene.later(7),
    )  # fmt: skip


# sign-in: (how to get there, language, days ago on which it was filed)
CASES: dict[str, tuple[Callable[[Scene], None], str, int]] = {
    "case-received": (received, "zh-hans", 3),
    "case-waiting": (waiting, "zh-hans", 11),
    "case-upheld": (upheld, "en", 9),
    "case-rejected": (rejected, "en", 12),
    "case-complaint": (complained, "zh-hans", 13),
}


def make(account: CardAccount, owner: User, state: str, *, handler: User) -> None:
    """Bring a case of this account into one of CASES. Letters and files wait for the worker."""
    reach, _language, days = CASES[state]
    reach(Scene(account, owner, handler, now() - timedelta(days=days)))


def fits(account: CardAccount) -> bool:
    """Whether an account has each kind of line that CASES contest."""
    return (
        account.overdue_records.filter(overdue_amount__gt=0).exists()
        and account.postings.filter(kind="late_fee").exists()
        and account.contact_attempts.exists()
    )
