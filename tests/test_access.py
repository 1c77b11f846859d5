"""Every address as every kind of person, against the table in access_table.py."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.shortcuts import resolve_url
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from accounts.models import CardAccount
from disputes import letters
from plans.actions import policies
from plans.models import Paper, PlanRequest
from plans.situation import actions as situations
from portal.records import retention
from portal.records.retention import holds, purges
from tests import people
from tests.access_table import COLUMNS, rows
from tests.accounts import feedruns
from tests.accounts.books import account
from tests.accounts.evidence_pages.scene import Scene as EvidenceScene
from tests.addresses import Address, addresses
from tests.disputes.filing import Filing
from tests.disputes.scene import case, record
from tests.disputes.scene import case as sent_case
from tests.files import kept, sent
from tests.plans.limits import proposed
from tests.plans.scene import Scene, account_of
from tests.records.old import old_contacts

ADDRESSES = addresses()
METHODS = ("GET", "POST")
SECOND_FACTOR = ("mfa_index", "mfa_reauthenticate", "mfa_authenticate", "account_reauthenticate")
CODES = {200: "ok", 400: "bad", 403: "no", 404: "gone"}


def world() -> dict[str, Any]:
    """Return one person for each column."""
    return {
        "stranger": None,
        "other": people.cardholder("other@example.com"),
        "owner": people.cardholder("owner@example.com"),
        "agent": people.staff("agent"),
        "handler": people.staff("complaint_handler"),
        "supervisor": people.staff("supervisor"),
        "auditor": people.staff("auditor"),
    }


# What belongs to the owner and stands in an address, made only when the address names it: by
# "address.part" or by "part". Each entry takes world() and returns the part.
Made = Callable[[dict[str, Any]], Any]


def scene(who: dict[str, Any]) -> Scene:
    return Scene(who["owner"], who["agent"], account_of(who["owner"]))


OWNED: dict[str, Made] = {
    "ref": lambda who: account_of(who["owner"]).ref,
    "plans:offer.number": lambda who: scene(who).offered().number,
    "plans:draft.number": lambda who: scene(who).offered().number,
    "plans:send_code.number": lambda who: scene(who).offered().number,
    "plans:sign.number": lambda who: read(who).number,
    "plans:decline.number": lambda who: scene(who).offered().number,
    "plans:ask_person.number": lambda who: scene(who).offered().number,
    "plans:approve_offer.number": lambda who: proposed(scene(who)).request.number,
    "plans:return_offer.number": lambda who: proposed(scene(who)).request.number,
    "plans:withdraw_offer.number": lambda who: scene(who).preparing().request.number,
    "plans:agreement.number": lambda who: signed(who).number,
    "plans:agreement_pdf.number": lambda who: signed(who).number,
    "plans:calendar.number": lambda who: signed(who).number,
    "plans:payment.number": lambda who: signed(who).number,
    "plans:payment.position": lambda who: 1,
    "plans:proof.number": lambda who: signed(who).number,
    "plans:early.number": lambda who: signed(who).number,
    "plans:move_due.number": lambda who: signed(who).number,
    "plans:move_due.position": lambda who: 1,
    "plans:take_back.number": lambda who: signed(who).number,
    "plans:change.number": lambda who: signed(who).number,
    "plans:certificate.number": lambda who: certified(who).number,
    "plans:certificate_proof.number": lambda who: certified(who).number,
    "plans:staff_agreement.number": lambda who: signed(who).number,
    "plans:end_agreement.number": lambda who: signed(who).number,
    "plans:place_hold.number": lambda who: signed(who).number,
    "plans:lift_hold.number": lambda who: signed(who).number,
    "plans:draft.language": lambda who: "en",
    "plans:section.ref": lambda who: begun(who).ref,
    "plans:section.section": lambda who: "income",
    "plans:papers.ref": lambda who: begun(who).ref,
    "plans:request_papers.number": lambda who: scene(who).submitted().number,
    "plans:paper.ref": lambda who: plan_file(who).ref,
    "plans:remove_paper.ref": lambda who: plan_file(who).ref,
    "plans:staff_paper.number": lambda who: asked_with(who).number,
    "plans:staff_paper.ref": lambda who: plan_file(who).ref,
    "plans:staff_paper_page.number": lambda who: asked_with(who).number,
    "plans:staff_paper_page.ref": lambda who: plan_file(who).ref,
    "plans:staff_paper_page.page": lambda who: 1,
    "plans:release_paper.number": lambda who: asked_with(who, "quarantined").number,
    "plans:release_paper.ref": lambda who: plan_file(who, "quarantined").ref,
    "plans:approve_policy.name": lambda who: policy_draft(who).name,
    "plans:edit_policy.name": lambda who: policy_draft(who).name,
    "plans:give_up_policy.name": lambda who: policy_draft(who).name,
    "plans:policy.name": lambda who: policy_draft(who).name,
    "plans:policy_simulation.name": lambda who: policy_draft(who).name,
    "plans:propose_policy.name": lambda who: policy_draft(who).name,
    "plans:return_policy.name": lambda who: policy_draft(who).name,
    "accounts:evidence_request.number": lambda who: evidence(who).number,
    "accounts:evidence_pdf.number": lambda who: evidence(who).number,
    "accounts:evidence_pdf.language": lambda who: "en",
    "accounts:evidence_proof.number": lambda who: evidence(who).number,
    "accounts:evidence_proof.language": lambda who: "en",
    "accounts:evidence_lines.number": lambda who: evidence(who).number,
    "accounts:evidence_line.number": lambda who: evidence(who).number,
    "accounts:evidence_line.line": lambda who: "P-0001",
    "accounts:staff_evidence_request.number": lambda who: evidence(who).number,
    "accounts:retry_evidence.number": lambda who: evidence(who).number,
    "accounts:purge.number": lambda who: purge(who).number,
    "accounts:purge_list.number": lambda who: purge(who).number,
    "accounts:confirm_purge.number": lambda who: purge(who).number,
    "accounts:withdraw_purge.number": lambda who: purge(who).number,
    "accounts:lift_hold.pk": lambda who: hold(who).pk,
    "accounts:posting.posting": lambda who: "AC0001-0",  # of account_of
    "accounts:staff_posting.posting": lambda who: "AC0001-0",
    "accounts:feed.pk": lambda who: feedruns.run("refused", rejects=feedruns.LIST).pk,
    "accounts:feed_rejects.pk": lambda who: feedruns.run("refused", rejects=feedruns.LIST).pk,
    "disputes:answer.number": lambda who: dispute_sent(who).number,
    "disputes:case.number": lambda who: dispute_sent(who).number,
    "disputes:letter.number": lambda who: dispute_sent(who).number,
    "disputes:letter.letter": lambda who: dispute_letter(who).number,
    "disputes:personal_statement.period": lambda who: reported(who).period,
    "disputes:proof.number": lambda who: dispute_sent(who).number,
    "disputes:proof.letter": lambda who: dispute_letter(who).number,
    "disputes:review.number": lambda who: dispute_sent(who, "rejected").number,
    "disputes:withdraw.number": lambda who: dispute_sent(who).number,
    "disputes:check.number": lambda who: dispute_draft(who).number,
    "disputes:send.number": lambda who: dispute_draft(who).number,
    "disputes:discard.number": lambda who: dispute_draft(who).number,
    "disputes:step.number": lambda who: dispute_draft(who).number,
    "disputes:step.step": lambda who: "matter",
    "disputes:files.number": lambda who: dispute_draft(who).number,
    "disputes:file.number": lambda who: dispute_file(who).dispute.number,
    "disputes:file.ref": lambda who: dispute_file(who).ref,
    "disputes:remove_file.number": lambda who: dispute_file(who).dispute.number,
    "disputes:remove_file.ref": lambda who: dispute_file(who).ref,
    "disputes:staff_file.number": lambda who: dispute_file(who).dispute.number,
    "disputes:staff_file.ref": lambda who: dispute_file(who).ref,
    "disputes:staff_page.number": lambda who: dispute_file(who).dispute.number,
    "disputes:staff_page.ref": lambda who: dispute_file(who).ref,
    "disputes:staff_page.page": lambda who: 1,
    "disputes:release_file.number": lambda who: dispute_file(who, "quarantined").dispute.number,
    "disputes:release_file.ref": lambda who: dispute_file(who, "quarantined").ref,
    "disputes:edit_wording.key": lambda who: "closing",
    "disputes:edit_wording.language": lambda who: "en",
    "disputes:approve_wording.key": lambda who: "closing",
    "disputes:approve_wording.language": lambda who: "en",
    "disputes:answer_extension.number": lambda who: dispute_case(who).number,
    "disputes:approve.number": lambda who: dispute_case(who).number,
    "disputes:ask.number": lambda who: dispute_case(who).number,
    "disputes:assign.number": lambda who: dispute_case(who).number,
    "disputes:clock.number": lambda who: dispute_case(who).number,
    "disputes:decide.number": lambda who: dispute_case(who).number,
    "disputes:extend.number": lambda who: dispute_case(who).number,
    "disputes:inward.number": lambda who: dispute_case(who).number,
    "disputes:papers.number": lambda who: dispute_case(who).number,
    "disputes:message.number": lambda who: dispute_case(who).number,
    "disputes:note.number": lambda who: dispute_case(who).number,
    "disputes:propose.number": lambda who: dispute_case(who).number,
    "disputes:resume.number": lambda who: dispute_case(who).number,
    "disputes:retry_letter.number": lambda who: dispute_sent(who).number,
    "disputes:retry_letter.letter": lambda who: dispute_letter(who).number,
    "disputes:settle.number": lambda who: dispute_case(who).number,
    "disputes:settle.ref": lambda who: UUID(int=0),
    "disputes:staff_case.number": lambda who: dispute_case(who).number,
    "disputes:staff_letter.number": lambda who: dispute_case(who).number,
    "disputes:staff_letter.letter": lambda who: "DP-NONE-1",
    "disputes:take.number": lambda who: dispute_case(who).number,
    "number": lambda who: scene(who).submitted().number,
}


def dispute_draft(who: dict[str, Any]) -> Any:
    return Filing(who["owner"], account_of(who["owner"])).draft()


def dispute_case(who: dict[str, Any]) -> Any:
    return sent_case(account_of(who["owner"]))


def dispute_sent(who: dict[str, Any], status: str = "received") -> Any:
    """The owner's case; the same one for each part of an address."""
    held = CardAccount.objects.filter(cardholder__user=who["owner"]).first()
    held = held or account_of(who["owner"])
    return held.disputes.first() or case(held, status)


def dispute_file(who: dict[str, Any], status: str = "clean") -> Any:
    dispute = dispute_sent(who)
    return dispute.uploads.first() or kept(dispute, status)


def plan_file(who: dict[str, Any], status: str = "clean") -> Any:
    request = PlanRequest.objects.first() or scene(who).submitted()
    return Paper.objects.first() or sent(request, status)


def asked_with(who: dict[str, Any], status: str = "clean") -> PlanRequest:
    return plan_file(who, status).requests.get()


def dispute_letter(who: dict[str, Any]) -> Any:
    letter = letters.write(dispute_sent(who), "receipt", at=now())
    letters.draw_next(at=now())
    return letter


def reported(who: dict[str, Any]) -> Any:
    return record(CardAccount.objects.get(cardholder__user=who["owner"]))


def purge(who: dict[str, Any]) -> Any:
    old_contacts()
    contacts = retention.CATEGORIES["accounts.contacts"]
    return purges.propose(contacts, by=people.staff("supervisor"), at=now())


def hold(who: dict[str, Any]) -> Any:
    return holds.place("test:1", reason="-", by=who["supervisor"], at=now())


def read(who: dict[str, Any]) -> Any:
    made = scene(who)
    return made.reading(made.offered())


def signed(who: dict[str, Any]) -> Any:
    made = scene(who)
    return made.sign(made.offered())


def certified(who: dict[str, Any]) -> Any:
    """A certificate has a file like the agreement's: here it is that one."""
    agreement = signed(who)
    type(agreement).objects.update(certificate=agreement.document)
    return agreement


def begun(who: dict[str, Any]) -> CardAccount:
    made = scene(who)
    situations.begin(made.account, by=made.holder, at=now())
    return made.account


def policy_draft(who: dict[str, Any]) -> Any:
    return policies.draft(by=who["supervisor"], at=now())


def evidence(who: dict[str, Any]) -> Any:
    return EvidenceScene(who["owner"], who["agent"], account(who["owner"])).ready(languages=["en"])


def path_of(address: Address, who: dict[str, Any]) -> str:
    values = {
        part: OWNED[key](who)
        for part in address.parts
        for key in [f"{address.name}.{part}" if f"{address.name}.{part}" in OWNED else part]
        if key in OWNED
    }
    return address.path(values)


def answer(response: Any) -> str:
    """Return the cell for what came back."""
    if response.status_code not in (301, 302, 303):
        return CODES.get(response.status_code, str(response.status_code))
    path = urlsplit(response.headers["Location"]).path
    if path == resolve_url("account_request_login_code") or path == reverse("account_login"):
        return "in"
    return "2nd" if path in [reverse(name) for name in SECOND_FACTOR] else "to"


def as_seen(address: Address) -> list[str]:
    """Ask the address as each person in turn and return the rows of the table."""
    who = world()
    path = path_of(address, who)
    seen: list[tuple[str, ...]] = []
    for column in COLUMNS:
        client = Client() if who[column] is None else people.sign_in(Client(), who[column])
        seen.append(tuple(answer(client.generic(method, path)) for method in METHODS))
    both = zip(METHODS, zip(*seen, strict=True), strict=True)
    return [row(address.name, method, cells) for method, cells in both]


def row(name: str, method: str, cells: tuple[str, ...]) -> str:
    return f"{name:<36} {method:<5} " + " ".join(f"{cell:<5}" for cell in cells).rstrip()


pytestmark = pytest.mark.usefixtures("drawn_once")  # agreements are sealed, none is looked at


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_everyone_gets_what_the_table_says(address):
    table = rows()
    expected = [
        row(address.name, method, table[address.name, method])
        for method in METHODS
        if (address.name, method) in table
    ]
    seen = as_seen(address)
    assert expected, "access_table.py has no rows. Now the site answers, right or wrong:\n" + (
        "\n".join(seen)
    )
    assert seen == expected, "\n".join(["now:", *seen, "table:", *expected])


def test_every_row_is_about_an_address():
    known = {address.name for address in ADDRESSES}
    assert not [name for name, _ in rows() if name not in known]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)
def test_no_post_passes_without_a_csrf_token(address):
    client = Client(enforce_csrf_checks=True)
    people.sign_in(client, people.cardholder())
    nothing = {"ref": str(UUID(int=0))}  # refused before anything is looked up
    path = address.path({part: nothing.get(part, "1") for part in address.parts})
    assert client.post(path).status_code in (403, 405)
