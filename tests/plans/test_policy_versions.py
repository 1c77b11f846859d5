"""The policy as versioned data: written by one, approved by another, in force from its day."""

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import fields
from datetime import timedelta
from decimal import Decimal
from itertools import product
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils.timezone import localdate, now
from django.utils.translation import override

from accounts.models import User
from plans import policies, policy_fields
from plans.actions import move
from plans.actions import policies as actions
from plans.forms.policy import PolicyForm
from plans.models import PolicyVersion
from plans.policy import COMPONENTS, FIRST_NAME, Policy, as_data, read, same
from plans.states import POLICY
from portal.kit.errors import IllegalMove, Refused, Stale
from portal.records.models import AuditEvent
from tests.people import in_parallel, sign_in, staff

pytestmark = pytest.mark.django_db
Status = PolicyVersion.Status


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with override("en"):
        yield


@pytest.fixture
def maker() -> User:
    return staff("supervisor")


@pytest.fixture
def second() -> User:
    return staff("supervisor")


def day(days: int) -> Any:
    return localdate() + timedelta(days=days)


def written(maker: User, *, on: int = 1, **changes: Any) -> PolicyVersion:
    """A draft that differs from the one in force."""
    version = actions.draft(by=maker, at=now())
    policy = changed(version, **{"offer_valid": 10, **changes})
    seen = policies.mark(version)
    actions.change(
        version, policy, effective_from=day(on), note="Why.", seen=seen, by=maker, at=now()
    )
    return version


def changed(version: PolicyVersion, **changes: Any) -> Policy:
    return read(version.name, {**version.data, **changes})


def proposed(maker: User, **changes: Any) -> PolicyVersion:
    version = written(maker, **changes)
    actions.propose(version, by=maker, at=now())
    return version


def approve(version: PolicyVersion, *, by: User, at: Any, **read: str) -> None:
    """Approve as who has read the page as it is now; `read` says what they read instead."""
    shown = {"seen": policies.mark(version), "following": policies.named(policies.after(version))}
    actions.approve(version, **shown | read, by=by, at=at)


def approved(maker: User, second: User, **changes: Any) -> PolicyVersion:
    version = proposed(maker, **changes)
    approve(version, by=second, at=now())
    return version


def test_the_stored_form_reads_back_as_it_was():
    policy = policies.first()
    assert read(FIRST_NAME, as_data(policy)) == policy
    assert not same(policy, read("x", {**as_data(policy), "share": "0.4"}))


def test_a_version_of_before_takes_a_newer_limit_from_the_first():
    policy = policies.first()
    older = {name: value for name, value in as_data(policy).items() if name != "too_small"}
    assert read(FIRST_NAME, older) == policy
    assert (policy.spare("CNY"), policy.spare("XAU")) == (1, 0)


def test_every_limit_is_asked_for_and_shown():
    shown = [name for _title, names in policy_fields.SECTIONS for name in names]
    asked = {field.name for field in fields(Policy)} - {"version"}
    assert sorted(shown) == sorted(policy_fields.LIMITS) == sorted(asked)


def test_a_version_is_in_force_from_its_day_and_the_last_day_counts(maker, second):
    assert policies.in_force(day(9)).version == FIRST_NAME
    later = approved(maker, second, on=5, offer_valid=9)
    sooner = approved(second, maker, on=2)
    assert (sooner.name, later.name) == (
        policies.in_force(day(4)).version, policies.in_force(day(5)).version,
    )  # fmt: skip
    assert policies.in_force(day(1)).version == FIRST_NAME
    assert policies.next_after(day(0)) == sooner and policies.next_after(day(2)) == later
    assert policies.before(later).version == sooner.name


def test_drafts_are_named_by_year_and_number(maker):
    year = localdate().year
    first = int(policies.new_name(localdate())[5:])
    assert policies.new_name(localdate().replace(year=2026, day=1)) == "2026-2"
    names = [actions.draft(by=maker, at=now()).name for _ in range(2)]
    assert names == [f"{year}-{first}", f"{year}-{first + 1}"]


def test_what_was_compared_with_an_older_policy_is_not_approved(maker, second):
    """An approval between would be undone by this one, unseen."""
    sooner, later = proposed(maker, on=2, share="0.2"), proposed(second, on=3, offer_valid=9)
    seen = policies.mark(later)
    approve(sooner, by=second, at=now())
    with pytest.raises(Stale):
        approve(later, seen=seen, by=maker, at=now())
    assert policies.in_force(day(3)).share == Decimal("0.2")


def test_what_a_later_version_changes_back_is_named(maker, second):
    later = approved(maker, second, on=10, offer_valid=9)
    keeps = approved(maker, second, on=12, share="0.2", offer_valid=9)
    version = proposed(second, on=5, share="0.2", offer_valid=9, remind_before=4)
    assert policies.after(version) == [later, keeps]
    before, new = policies.before(version), policies.of(version)
    lost = [
        [(row.label, row.was, row.becomes) for row in policy_fields.changed_back(before, new, one)]
        for one in (policies.of(later), policies.of(keeps))
    ]
    reminder = ("Reminder before a payment", "4 days", "3 days")
    assert lost == [[("Most of what is left each month", "20%", "50%"), reminder], [reminder]]


def test_what_follows_is_approved_only_as_it_was_read(maker, second):
    """A version for a day before another is undone on that day: whoever approves it knows."""
    sooner, later = proposed(maker, on=5), proposed(maker, on=10, share="0.2")
    read = policies.named(policies.after(sooner))
    approve(later, by=second, at=now())
    with pytest.raises(Stale):
        approve(sooner, following=read, by=second, at=now())
    approve(sooner, following=later.name, by=second, at=now())
    assert policies.in_force(day(9)).offer_valid == 10


@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_see_each_other(maker, second):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one at a time")
    versions = [proposed(maker, on=5), proposed(maker, on=10, share="0.2")]
    seen = [policies.mark(version) for version in versions]

    def approve_one(i: int) -> str:
        try:
            actions.approve(versions[i], seen=seen[i], following="", by=second, at=now())
        except Stale:
            return "late"
        return "approved"

    assert sorted(in_parallel(2, approve_one)) == ["approved", "late"]


@pytest.mark.parametrize(("was", "to"), list(product(Status, Status)))
def test_a_version_moves_by_the_table(maker, second, was, to):
    version = written(maker)
    PolicyVersion.objects.filter(pk=version.pk).update(status=was, approved_by=second)
    version.refresh_from_db()
    with nullcontext() if to in POLICY[was] else pytest.raises(IllegalMove):
        move(version, to, by=second, at=now())
    assert PolicyVersion.objects.get().status == (to if to in POLICY[was] else was)


def test_each_step_leaves_one_event_and_the_reason(maker, second):
    version = proposed(maker)
    seen = policies.mark(version)
    actions.send_back(version, reason="The share is low.", seen=seen, by=second, at=now())
    assert version.returned == "The share is low."
    actions.propose(version, by=maker, at=now())
    approve(version, seen=seen, by=second, at=now())
    verbs = AuditEvent.objects.filter(subject=f"plans.policyversion:{version.pk}").order_by("seq")
    assert [verb.rpartition(".")[2] for verb in verbs.values_list("verb", flat=True)] == [
        "drafted", "changed", "proposed", "draft", "proposed", "approved",
    ]  # fmt: skip
    assert verbs.last().data["says"]["offer_valid"] == 10
    assert (version.approved_by, version.status) == (second, Status.APPROVED)


def test_nobody_approves_what_they_wrote(maker):
    version = proposed(maker)
    with pytest.raises(Refused) as no:
        approve(version, by=maker, at=now())
    assert no.value.rule == "DUTY-5"
    with pytest.raises(IntegrityError), transaction.atomic():
        PolicyVersion.objects.filter(pk=version.pk).update(status="approved", approved_by=maker)


def test_only_its_maker_writes_and_proposes_a_version(maker, second):
    version = written(maker)
    facts = {"effective_from": day(3), "note": "", "at": now()}
    for step in (
        lambda: actions.change(
            version, changed(version), **facts, seen=policies.mark(version), by=second
        ),
        lambda: actions.propose(version, by=second, at=now()),
    ):
        with pytest.raises(Refused) as no:
            step()
        assert no.value.rule == "DUTY-5"


def test_what_was_written_since_is_not_approved_unread(maker, second):
    version = proposed(maker)
    seen = policies.mark(version)
    actions.send_back(version, reason="x", seen=seen, by=second, at=now())
    facts = {"effective_from": day(1), "note": "", "by": maker, "at": now()}
    actions.change(version, changed(version, offer_valid=200), seen=seen, **facts)
    actions.propose(version, by=maker, at=now())
    with pytest.raises(Stale):
        approve(version, seen=seen, by=second, at=now())
    with pytest.raises(Stale):
        actions.send_back(version, reason="x", seen=seen, by=second, at=now())


def test_two_windows_do_not_overwrite_each_other(maker):
    version = actions.draft(by=maker, at=now())
    seen = policies.mark(version)
    other = PolicyVersion.objects.get(pk=version.pk)
    facts = {"effective_from": day(1), "note": "", "by": maker}
    actions.change(version, changed(version, share="0.4"), seen=seen, at=now(), **facts)
    with pytest.raises(Stale):  # both were read before: the row itself says no
        actions.change(other, changed(other, share="0.3"), seen=seen, at=now(), **facts)
    version.refresh_from_db()
    assert version.data["share"] == "0.4"


def test_what_is_proposed_cannot_be_changed(maker):
    version = proposed(maker)
    with pytest.raises(IllegalMove):
        actions.change(
            version, changed(version), effective_from=day(1), note="",
            seen=policies.mark(version), by=maker, at=now(),
        )  # fmt: skip


def test_no_version_begins_today(maker, second):
    version = proposed(maker)
    tomorrow = now() + timedelta(days=1)
    with pytest.raises(Refused) as no:
        approve(version, by=second, at=tomorrow)
    assert no.value.rule == "POLICY-DAY"
    with pytest.raises(Refused):
        written(maker, on=0)


def test_no_version_goes_beyond_the_law(maker, second):
    with pytest.raises(Refused) as no:
        written(maker, longest=61)
    assert no.value.rule == "CN-PLAN-02"
    version = proposed(maker)
    PolicyVersion.objects.filter(pk=version.pk).update(data={**version.data, "longest": 61})
    version.refresh_from_db()
    with pytest.raises(Refused):
        approve(version, by=second, at=now())


def test_a_version_that_changes_nothing_is_not_proposed(maker):
    version = actions.draft(by=maker, at=now())
    with pytest.raises(Refused) as no:
        actions.propose(version, by=maker, at=now())
    assert no.value.rule == "POLICY-SAME"


def test_one_version_a_day(maker, second):
    approved(maker, second)
    other = proposed(maker)
    with pytest.raises(Refused) as no:
        approve(other, by=second, at=now())
    assert no.value.rule == "POLICY-TAKEN"
    other.refresh_from_db()
    assert other.status == Status.PROPOSED


@pytest.mark.django_db(transaction=True)
def test_two_approvals_for_one_day_at_once_leave_one(maker, second):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one at a time")
    versions = [proposed(maker), proposed(maker, offer_valid=9)]

    def approve(i: int) -> str:
        try:
            actions.approve(
                versions[i], seen=policies.mark(versions[i]), following="", by=second, at=now()
            )
        except Refused as no:
            return no.rule
        return "approved"

    assert sorted(in_parallel(2, approve)) == ["POLICY-TAKEN", "approved"]
    assert PolicyVersion.objects.filter(status=Status.APPROVED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_version_approved_by_two_at_once_is_approved_once(maker):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one at a time")
    version, others = proposed(maker), [staff("supervisor"), staff("supervisor")]

    def approve(i: int) -> str:
        own = PolicyVersion.objects.get(pk=version.pk)
        try:
            actions.approve(own, seen=policies.mark(version), following="", by=others[i], at=now())
        except (Stale, IllegalMove):
            return "late"
        return "approved"

    assert sorted(in_parallel(2, approve)) == ["approved", "late"]
    assert AuditEvent.objects.filter(verb="plans.policyversion.approved").count() == 1


# The form.


def sent(**changes: Any) -> dict[str, Any]:
    """What a browser sends of the first policy's form, with changes."""
    form = PolicyForm(
        None, policy=policies.first(), on=localdate(), longest=60,
        initial={"effective_from": day(1), "note": "Why.", "seen": "x"},
    )  # fmt: skip
    boxes = {name: form[name].value() for name in form.fields}
    boxes = {name: field.prepare_value(boxes[name]) for name, field in form.fields.items()}
    kept = {name: value for name, value in boxes.items() if value not in (None, False)}
    return {**kept, **changes}


def bound(**changes: Any) -> PolicyForm:
    data = sent(**changes)
    return PolicyForm(
        data, policy=policies.first(), on=localdate(), longest=60, initial={"seen": "x"}
    )


def test_the_form_sends_back_the_policy_it_showed():
    form = bound()
    assert form.is_valid(), form.errors
    assert same(form.written, policies.first())


def test_what_is_typed_becomes_the_policy():
    form = bound(
        **{
            "share": "33.5%", "rates": "0、 ４．５", "terms": "3 6, 12", "auto": "on",
            "auto_most-CNY": "¥9,000", "agent_most-JPY": "", "least_instalments-KWD": "1.125",
            "waivers-4-role": "agent", "waivers-4-from_bucket": "6", "waivers-4-fees": "100",
            **{f"waivers-0-{part}": "" for part in ("role", "from_bucket", *COMPONENTS)},
        }
    )  # fmt: skip
    assert form.is_valid(), form.errors
    policy = form.written
    assert (policy.share, policy.rates) == (Decimal("0.335"), (Decimal(0), Decimal("0.045")))
    assert policy.terms == (3, 6, 12) and policy.auto
    assert policy.auto_most["CNY"] == 9000 and "JPY" not in policy.agent_most
    assert policy.least_instalments["KWD"] == Decimal("1.125")
    assert [row.from_bucket for row in policy.waivers if row.role == "agent"] == [4, 6]
    assert read("x", as_data(policy)) == read("x", as_data(form.written))


WRONG = [
    ({"longest": "61"}, "longest"),
    ({"longest": "24"}, "terms"),
    ({"longest": "2", "terms": "1"}, "auto_longest"),
    ({"longest": "2", "terms": "1"}, "settlement_payments"),
    ({"longest": "2", "terms": "1"}, "token_months"),
    ({"first_after": "46"}, "first_within"),
    ({"deferral_within": "44"}, "deferral_within"),
    ({"first_after": "0"}, "first_after"),
    ({"share": "100.1"}, "share"),
    ({"share": "1e1"}, "share"),
    ({"rates": "100"}, "rates"),
    ({"rates": "6, 3"}, "rates"),
    ({"rates": ""}, "rates"),
    ({"rates": "3, 6"}, "rates"),
    ({"terms": "0, 3"}, "terms"),
    ({"terms": "3, 3"}, "terms"),
    ({"agent_most-JPY": "10.5"}, "agent_most-JPY"),
    ({"auto": "on", "auto_most-CNY": ""}, "auto"),
    ({"effective_from": str(localdate())}, "effective_from"),
    ({"note": ""}, "note"),
    ({"waivers-0-interest": "101"}, "waivers-0-interest"),
    ({"waivers-0-principal": "1"}, "__all__"),  # above the supervisor's
    ({"waivers-3-fees": "99"}, "__all__"),
    ({"waivers-4-role": "agent", "waivers-4-from_bucket": "4"}, "__all__"),  # twice
    ({"waivers-0-role": ""}, "waivers-0-role"),  # what stands in the row would be lost
    ({"waivers-4-fees": "0"}, "waivers-4-role"),
    ({"waivers-4-from_bucket": "2", "longest": "61"}, "waivers-4-role"),  # beside another
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_what_is_wrong_is_said_at_its_field(changes, field):
    form = bound(**changes)
    assert not form.is_valid() and field in form.errors
    assert list(form.summary)


def test_an_error_in_a_row_of_waivers_names_the_row():
    said = list(bound(**{"waivers-1-interest": "101"}).summary)
    text = "Limit 2, Interest, percent: Enter a percentage from 0 to 100, like 12.5."
    assert said == [("id_waivers-1-interest", text)]


def test_a_comparison_shows_what_differs_and_keeps_its_order():
    old = policies.first()
    new = read("n", {**as_data(old), "share": "0.4", "auto_most": {"SGD": "900"}})
    changes = [change for change in policy_fields.compared(old, new) if change.differs]
    assert [(c.label, c.was, c.becomes) for c in changes] == [
        ("Most of what is left each month", "50%", "40%"),
        ("Offered at once up to, CNY", "¥5,000.00", "–"),
        ("Offered at once up to, SGD", "–", "S$900.00"),
    ]
    assert not any(change.differs for change in policy_fields.compared(old, old))


# The screens.


@pytest.fixture
def pages(client: Any, maker: User) -> Iterator[Any]:
    sign_in(client, maker)
    yield client


def address(name: str, version: PolicyVersion | None = None) -> str:
    return reverse(f"plans:{name}", args=[version.name] if version else [])


def test_from_the_draft_to_the_approval_on_the_screens(pages, second):
    answer = pages.post(address("new_policy"), follow=True)
    version = PolicyVersion.objects.get()
    assert answer.redirect_chain[-1][0] == address("edit_policy", version)
    boxes = sent(offer_valid="10", seen=policies.mark(version))
    answer = pages.post(address("edit_policy", version), boxes, follow=True)
    assert "Kept." in answer.content.decode()
    assert "<del>14 days</del>" in answer.content.decode()
    pages.post(address("propose_policy", version))
    pages.post(address("approve_policy", version), {"seen": mark(version)})
    version.refresh_from_db()
    assert version.status == Status.PROPOSED  # the same person
    sign_in(pages, second)
    assert "Approve: in force from" in pages.get(address("policy", version)).content.decode()
    answer = pages.post(address("approve_policy", version), {"seen": mark(version)}, follow=True)
    assert "Approved. It is in force from its day on." in answer.content.decode()
    assert version.name in pages.get(address("policies")).content.decode()


def test_the_page_says_what_follows_and_the_approval_names_it(pages, maker, second):
    later = approved(maker, second, on=10, share="0.2", offer_valid=14)
    version = proposed(second, on=5)
    page = pages.get(address("policy", version)).content.decode()
    for text in (
        "What comes after it", "<del>10 days</del>", "<ins>14 days</ins>",
        f'name="following" value="{later.name}"', f"knowing that {later.name} comes after it",
    ):  # fmt: skip
        assert text in page, text
    boxes = {"seen": mark(version)}
    answer = pages.post(address("approve_policy", version), boxes, follow=True)
    assert "A colleague was first." in answer.content.decode()
    pages.post(address("approve_policy", version), boxes | {"following": later.name})
    version.refresh_from_db()
    assert version.status == Status.APPROVED
    assert "What comes after it" not in pages.get(address("policy", later)).content.decode()


def mark(version: PolicyVersion) -> str:
    return policies.mark(PolicyVersion.objects.get(pk=version.pk))


def test_errors_keep_what_was_typed(pages, maker):
    version = actions.draft(by=maker, at=now())
    boxes = sent(longest="61", note="Longer plans.", seen=policies.mark(version))
    answer = pages.post(address("edit_policy", version), boxes)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert 'value="61"' in text and "Longer plans." in text and 'href="#id_longest"' in text
    version.refresh_from_db()
    assert version.data["longest"] == 60


def test_a_stale_form_is_told_and_kept(pages, maker):
    version = written(maker)
    answer = pages.post(address("edit_policy", version), sent(seen="long ago", note="Mine."))
    assert answer.status_code == 422 and "changed meanwhile" in answer.content.decode()
    assert "Mine." in answer.content.decode()


def test_sending_back_wants_a_reason_which_the_maker_reads(pages, maker, second):
    version = proposed(second)
    answer = pages.post(address("return_policy", version), {"reason": "", "seen": mark(version)})
    assert answer.status_code == 422
    told = {"reason": "Too kind.", "seen": mark(version)}
    pages.post(address("return_policy", version), told)
    assert "Too kind." in pages.get(address("policy", version)).content.decode()
    sign_in(pages, second)
    for name in ("policy", "edit_policy"):
        assert "Too kind." in pages.get(address(name, version)).content.decode()
    pages.post(address("propose_policy", version))
    assert "Too kind." not in pages.get(address("policy", version)).content.decode()
    steps = AuditEvent.objects.filter(verb="plans.policyversion.draft")
    assert steps.get().data["reason"] == "Too kind."
    pages.post(address("give_up_policy", version))
    version.refresh_from_db()
    assert version.status == Status.WITHDRAWN


def test_the_form_opens_for_its_maker_and_only_for_a_draft(pages, maker, second):
    for version in (written(second), proposed(maker)):
        answer = pages.get(address("edit_policy", version))
        assert answer.headers["Location"] == address("policy", version)


def test_agents_and_auditors_read_and_find_no_button(client, maker):
    version = proposed(maker)
    for role in ("agent", "auditor"):
        sign_in(client, staff(role))
        for name in ("policy", "policy_simulation"):
            page = client.get(address(name, version))
            assert page.status_code == 200
        page = client.get(address("policy", version)).content.decode()
        assert "Send it back" not in page and "Give this version up" not in page
    assert "Came with the software" in client.get(address("policies")).content.decode()
    first = client.get(reverse("plans:policy", args=[FIRST_NAME]))
    assert "This version came with the software." in first.content.decode()
