"""The wizard: page by page, back and forth, and nothing typed is lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from disputes import rules
from disputes.actions import drafting
from disputes.models import Dispute, Upload
from disputes.policy import CURRENT
from disputes.views import filing as filing_views
from tests.accounts.books import account as make_account
from tests.accounts.evidence_pages.scene import Scene as EvidenceScene
from tests.disputes.filing import NAMES, Filing, step_url
from tests.disputes.scene import case, line
from tests.people import cardholder, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def made():
    return Filing.made()


@pytest.fixture
def client(made):
    return made.client()


def begin(client, account, query=""):
    url = reverse("disputes:begin", args=[account.ref]) + query
    response = client.post(url)
    return Dispute.objects.latest("pk"), response


def text(response):
    return " ".join(response.content.decode().split())


def test_a_case_is_filed_page_by_page(made, client):
    assert "Start now" in text(client.get(reverse("disputes:new")))
    draft, response = begin(client, made.account)
    pages = [
        ("matter", {"matter": "record"}),
        ("lines", {"lines": [NAMES["record"]]}),
        ("reason", {"reason": "wrong_dates"}),
        ("right", {"days_0": "3", "words": "I paid on 3 October.", "remedy": "Correct it."}),
        ("files", {}),
        ("contact", {"contact_by": "phone", "who": "self"}),
    ]
    for step, typed in pages:
        assert response.headers["Location"] == step_url(draft, step)
        assert client.get(response.headers["Location"]).status_code == 200
        response = client.post(response.headers["Location"], typed)
    check = client.get(response.headers["Location"])
    said = text(check)
    for part in ("Overdue record for October 2026", "It should be 3 days overdue.", "¥1,600.00",
                 "I paid on 3 October.", "Correct it.", "The date or the days are wrong",
                 "By a call to the number", "20 calendar days"):  # fmt: skip
        assert part in said
    send = reverse("disputes:send", args=[draft.number])
    response = client.post(send, {"basis": check.context["basis"]})
    assert response.headers["Location"] == reverse("disputes:case", args=[draft.number])
    draft.refresh_from_db()
    assert (draft.status, draft.lines.get().asked_days) == ("received", 3)
    assert client.post(send).headers["Location"] == response.headers["Location"]  # once more
    for url in (step_url(draft, "right"), reverse("disputes:check", args=[draft.number]),
                reverse("disputes:discard", args=[draft.number])):  # fmt: skip
        assert client.get(url).headers["Location"] == response.headers["Location"]


def test_a_complaint_without_a_line_needs_its_subject_and_words(made, client):
    draft, _ = begin(client, made.account)
    response = client.post(step_url(draft, "matter"), {"matter": "service"})
    assert response.status_code == 422 and "Choose what it is about." in text(response)
    response = client.post(step_url(draft, "matter"), {"matter": "service", "topic": "data"})
    assert response.headers["Location"] == step_url(draft, "right")
    response = client.post(step_url(draft, "right"), {"remedy": "Kept all the same"})
    assert response.status_code == 422
    assert "Tell us in a few words what happened." in text(response)
    assert "Kept all the same" in text(response)
    assert client.get(step_url(draft, "lines")).status_code == 404


def test_a_line_in_dispute_is_shown_with_its_case_and_cannot_be_chosen(made, client):
    had = case(made.account)
    line(had, "record", "AC0001:2026-10")
    draft, _ = begin(client, made.account)
    client.post(step_url(draft, "matter"), {"matter": "record"})
    page = text(client.get(step_url(draft, "lines")))
    assert had.number in page and NAMES["record"] not in page
    assert "record:AC0001:2026-09" in page
    response = client.post(step_url(draft, "lines"), {"lines": [NAMES["record"]]})
    assert response.status_code == 422 and had.number in text(response)
    begun = text(client.get(f"/disputes/new/AC0001/?line={NAMES['record']}"))
    assert "This is in dispute already" in begun and had.number in begun


@pytest.mark.parametrize(
    ("matter", "typed", "said"),
    [
        ("record", {}, "Choose the month or months that are wrong."),
        ("charge", {}, "or say below that it is not in the list"),
        ("contact", {"lines": [NAMES["contact"]], "missing": "on"}, "Take this tick away"),
        ("record", {"lines": ["nonsense"]}, "Choose again."),
        ("record", {"lines": [NAMES["posting"]]}, "Choose again."),
        ("record", {"lines": ["record:AC0002:2026-10"]}, "Choose again."),
        ("charge", {"lines": ["posting:\0"]}, "Choose again."),
    ],
)
def test_lines_that_will_not_do_are_said(made, client, matter, typed, said):
    draft, _ = begin(client, made.account)
    client.post(step_url(draft, "matter"), {"matter": matter})
    response = client.post(step_url(draft, "lines"), typed)
    assert response.status_code == 422 and said in text(response)
    assert not draft.lines.exists()


def test_what_is_not_in_the_list_can_be_told_in_words(made, client):
    draft, _ = begin(client, made.account)
    client.post(step_url(draft, "matter"), {"matter": "charge"})
    response = client.post(step_url(draft, "lines"), {"missing": "on"})
    assert response.headers["Location"] == step_url(draft, "reason")
    assert 'name="missing"' in text(client.get(step_url(draft, "lines")))
    assert client.get(step_url(draft, "lines")).context["form"]["missing"].value() is True


def test_ticks_are_kept_while_one_looks_at_older_pages(made, client, monkeypatch):
    monkeypatch.setattr("disputes.lines.PAGE", 1)
    draft, _ = begin(client, made.account)
    client.post(step_url(draft, "matter"), {"matter": "record"})
    first = client.get(step_url(draft, "lines")).context["form"]
    response = client.post(
        step_url(draft, "lines"), {"lines": [NAMES["record"]], "go": first.offered.older}
    )
    page = client.get(response.headers["Location"])
    form = page.context["form"]
    assert [(each.choice.line.name, each.ticked) for each in form.chosen] == [
        (NAMES["record"], True)
    ]
    assert [t.choice.line.key for _, ts in form.groups for t in ts] == ["AC0001:2026-09"]
    both = [NAMES["record"], "record:AC0001:2026-09"]
    client.post(response.headers["Location"], {"lines": both})
    assert draft.lines.count() == 2


def test_turning_a_page_asks_for_nothing_yet(made, client):
    draft, _ = begin(client, made.account)
    client.post(step_url(draft, "matter"), {"matter": "record"})
    response = client.post(step_url(draft, "lines"), {"go": ""})
    assert response.headers["Location"] == step_url(draft, "lines")
    draft.refresh_from_db()


def test_the_amount_asked_for_has_the_sign_of_its_line(made, client):
    made.account.postings.filter(ref="AC0001-1").update(amount=-500, kind="repayment")
    draft = made.draft(NAMES["posting"], reason="wrong_amount")
    page = client.get(step_url(draft, "right"))
    assert "It says −¥500.00 now." in text(page)
    client.post(step_url(draft, "right"), {"amount_0": "800", "words": "x"})
    assert draft.lines.get().asked_amount == -800
    again = client.get(step_url(draft, "right"))
    assert again.context["form"]["amount_0"].value() == 800


def test_more_than_it_says_is_an_error_of_its_field(made, client):
    draft = made.draft(NAMES["record"], reason="wrong_amount")
    response = client.post(step_url(draft, "right"), {"amount_0": "1600.01", "words": "x"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["amount_0"]


def test_who_begins_again_and_again_waits_an_hour(made, client, monkeypatch):
    monkeypatch.setattr(filing_views, "CURRENT", replace(CURRENT, most_drafts_an_hour=1))
    draft, _ = begin(client, made.account)
    begin(client, made.account, f"?line={NAMES['record']}")  # one more line is no other draft
    assert draft.lines.count() == 1
    drafting.discard(draft, by=made.holder, at=now())
    response = client.post(reverse("disputes:begin", args=["AC0001"]), follow=True)
    assert "Begin again in an hour." in text(response)
    assert not Dispute.objects.exclude(pk=draft.pk).exists()


@pytest.mark.parametrize(
    ("reason", "name", "fields"),
    [
        ("wrong_amount", "record", ["amount_0"]),
        ("wrong_dates", "record", ["days_0"]),
        ("other", "record", ["amount_0", "days_0"]),
        ("already_paid", "record", []),
        ("wrong_dates", "posting", []),
        ("other", "contact", []),
    ],
)
def test_only_what_makes_sense_is_asked(made, client, reason, name, fields):
    draft = made.draft(NAMES[name], reason=reason)
    form = client.get(step_url(draft, "right")).context["form"]
    assert list(form.fields) == [*fields, "words", "remedy"]


@pytest.mark.parametrize("matter", ["record", "charge", "contact"])
def test_only_reasons_that_fit_are_offered(made, client, matter):
    draft, _ = begin(client, made.account)
    client.post(step_url(draft, "matter"), {"matter": matter})
    client.post(step_url(draft, "lines"), {"lines": [NAMES[rules.KINDS[matter][0]]]})
    form = client.get(step_url(draft, "reason")).context["form"]
    assert tuple(value for value, _ in form.fields["reason"].choices) == rules.REASONS[matter]
    response = client.post(step_url(draft, "reason"), {"reason": "nonsense"})
    assert response.status_code == 422


def test_change_comes_back_to_the_answers(made, client):
    draft = made.draft(NAMES["record"])
    check = reverse("disputes:check", args=[draft.number])
    for step, typed in (("lines", {"lines": [NAMES["record"]]}),
                        ("reason", {"reason": "already_paid"}), ("right", {}), ("files", {}),
                        ("contact", {"contact_by": "portal", "who": "self"})):  # fmt: skip
        assert client.post(step_url(draft, step), typed).headers["Location"] == check


def test_who_is_helped_adds_the_authority_and_may_take_it_back(made, client):
    draft = made.draft(NAMES["record"])
    typed = {"contact_by": "portal", "who": "helper", "name": "Li", "relation": "", "reach": ""}
    response = client.post(step_url(draft, "contact"), typed)
    assert response.status_code == 422 and "Enter how we can reach them." in text(response)
    assert 'value="Li"' in text(response)
    typed |= {"relation": "daughter", "reach": "li@example.com"}
    response = client.post(step_url(draft, "contact"), typed)
    assert response.headers["Location"] == step_url(draft, "authority")
    assert client.get(step_url(draft, "authority")).status_code == 200
    response = client.post(step_url(draft, "authority"))
    assert response.status_code == 422 and "Add the paper" in text(response)
    check = reverse("disputes:check", args=[draft.number])
    assert client.get(check).headers["Location"] == step_url(draft, "authority")
    Upload.objects.create(dispute=draft, purpose="authority", name="letter.pdf", sha256="a" * 64,
                          size=1, uploaded_at=now(), uploaded_by=made.holder)  # fmt: skip
    assert "letter.pdf" in text(client.get(check))
    client.post(step_url(draft, "contact"), {"contact_by": "portal", "who": "self"})
    draft.refresh_from_db()
    assert draft.representative == ""
    assert Upload.objects.get().removed_at  # a paper about someone who does not act is not kept
    assert client.get(step_url(draft, "authority")).status_code == 404


def test_no_step_is_jumped_over(made, client):
    draft, _ = begin(client, made.account)
    for step in ("lines", "contact", "files"):
        assert client.get(step_url(draft, step)).headers["Location"] == step_url(draft, "matter")
    check = reverse("disputes:check", args=[draft.number])
    assert client.get(check).headers["Location"] == step_url(draft, "matter")
    assert client.get(step_url(draft, "nonsense")).status_code == 404


def test_a_draft_is_gone_on_with(made, client):
    draft, _ = begin(client, made.account)
    client.post(step_url(draft, "matter"), {"matter": "record"})
    page = text(client.get(reverse("disputes:new")))
    assert draft.number in page and step_url(draft, "lines") in page
    again = client.get(reverse("disputes:begin", args=["AC0001"]))
    assert again.headers["Location"] == step_url(draft, "lines")
    _, response = begin(client, made.account)
    assert response.headers["Location"] == step_url(draft, "lines")
    assert Dispute.objects.count() == 1


def test_a_link_from_a_line_brings_it_and_its_matter(made, client):
    url = f"/disputes/new/AC0001/?line={NAMES['posting']}"
    assert "Example Grocery" in text(client.get(url))
    assert not Dispute.objects.exists()  # looking changes nothing
    draft, response = begin(client, made.account, f"?line={NAMES['posting']}")
    assert response.headers["Location"] == step_url(draft, "reason")
    assert (draft.matter, draft.lines.get().key) == ("charge", "AC0001-1")


def test_a_link_adds_to_a_draft_or_begins_afresh(made, client):
    draft, _ = begin(client, made.account, "?line=record:AC0001:2026-09")
    begin(client, made.account, f"?line={NAMES['record']}")
    assert draft.lines.count() == 2
    url = f"/disputes/new/AC0001/?line={NAMES['posting']}"
    assert "begin with this" in text(client.get(url))
    client.post(url)
    draft.refresh_from_db()
    assert draft.matter == "record" and Dispute.objects.count() == 1
    client.post(url, {"afresh": "1"})
    draft.refresh_from_db()
    fresh = Dispute.objects.get(status="draft")
    assert (draft.status, fresh.matter, fresh.lines.count()) == ("withdrawn", "charge", 1)


@pytest.mark.parametrize(
    "query", ["?line=nonsense", "?line=posting:nothing", "?line=posting:", "?line=hold:1",
              "?line=record:AC0002:2026-10", "?document=EV-NONE&line=P-0001"],
)  # fmt: skip
def test_a_link_to_no_line_of_theirs_is_a_404(made, client, query):
    assert client.get(f"/disputes/new/AC0001/{query}").status_code == 404


def test_a_draft_is_thrown_away_after_one_more_question(made, client):
    draft = made.draft(NAMES["record"])
    url = reverse("disputes:discard", args=[draft.number])
    assert draft.number in text(client.get(url))
    assert Dispute.objects.get().status == "draft"
    assert client.post(url).headers["Location"] == reverse("disputes:new")
    assert "thrown away" in text(client.get(reverse("disputes:new")))
    assert client.post(url).headers["Location"] == reverse("disputes:new")


def test_someone_else_finds_nothing(made):
    draft = made.draft(NAMES["record"])
    other = cardholder()
    make_account(other, "AC0002")
    client = sign_in(Client(), other)
    for url in (step_url(draft, "right"), reverse("disputes:check", args=[draft.number]),
                reverse("disputes:discard", args=[draft.number]),
                f"/disputes/new/AC0001/?line={NAMES['record']}"):  # fmt: skip
        assert client.get(url).status_code == 404
    assert client.post(reverse("disputes:send", args=[draft.number])).status_code == 404
    found = client.get(f"/disputes/new/AC0002/?line={NAMES['posting']}")
    assert found.status_code == 404  # nor another's line under their own account


def test_what_changed_in_another_window_is_read_before_it_is_sent(made, client):
    draft = made.draft(NAMES["record"])
    check = reverse("disputes:check", args=[draft.number])
    basis = client.get(check).context["basis"]
    drafting.save_right(draft, {}, words="New words", remedy="", by=made.holder, at=now())
    response = client.post(reverse("disputes:send", args=[draft.number]), {"basis": basis})
    assert response.headers["Location"] == check
    page = text(client.get(check))
    assert "another window" in page and "New words" in page


@pytest.mark.usefixtures("development_seal")
def test_a_line_of_a_certified_document_is_cited_and_compared():
    scene = EvidenceScene.made()
    asked = scene.ready(languages=["en"])
    client = sign_in(Client(), scene.holder)
    page = client.get(reverse("accounts:evidence_line", args=[asked.number, "P-0001"]))
    query = f"?document={asked.number}&line=P-0001"
    assert f'/disputes/new/AC0001/{query.replace("&", "&amp;")}"' in text(page)
    scene.account.postings.filter(ref="AC0001-1").update(amount=7000)
    said = text(client.get(f"/disputes/new/AC0001/{query}"))
    assert f"{asked.number}, line P-0001" in said
    assert "¥7,000.00" in said and "¥8,000.00" in said
    draft, _ = begin(client, scene.account, query)
    kept = draft.lines.get()
    assert (kept.key, kept.document_number, kept.document_line) == (
        "AC0001-1", asked.number, "P-0001",
    )  # fmt: skip
    assert len(kept.document_sha256) == 64
    other = sign_in(Client(), cardholder())
    assert other.get(f"/disputes/new/AC0001/{query}").status_code == 404


def test_the_account_page_links_every_line(made, client):
    page = text(client.get(reverse("accounts:account", args=["AC0001"]) + "?period=all"))
    for kind in ("record", "posting", "statement"):
        assert f'/disputes/new/AC0001/?line={NAMES[kind]}"' in page


def test_the_account_page_names_the_case_of_each_contested_line(made, client):
    number = made.sent(NAMES["posting"], NAMES["statement"]).number
    both = {made.sent(NAMES["record"]).number, number}
    page = text(client.get(reverse("accounts:account", args=["AC0001"]) + "?period=all"))
    assert [page.count(f"In dispute: case {each}") for each in sorted(both)] == [
        2 if each == number else 1 for each in sorted(both)
    ]
    for kind in ("record", "posting", "statement"):
        assert f'/disputes/new/AC0001/?line={NAMES[kind]}"' not in page


# The testers' list, where it lies beside the checkout.
SHARED = Path(settings.BASE_DIR).parent / "shared" / "data" / "bad_inputs.json"


def listed(area):
    entries = json.loads(SHARED.read_text()) if SHARED.exists() else []
    for entry in entries:
        recipe = entry.get("recipe", {})
        if recipe.get("gen") == "rep":
            typed = recipe.get("pre", "") + recipe["s"] * recipe["n"] + recipe.get("post", "")
        elif "input" in entry:
            typed = entry["input"]
        else:
            continue
        if entry["area"] == area:
            yield entry["id"], typed, entry["expected"]["outcome"]


# Ours differ on purpose: a ¥ is taken off, a fee may have to be nought, and no balance bounds what
# a person says that an amount should be.
OTHERWISE = {"AMT-041", "AMT-015", "AMT-016", "AMT-054", "AMT-055"}


def test_bad_amounts_and_words_come_back_with_an_error_and_as_typed(made, client):
    made.account.overdue_records.update(overdue_amount=10**9)
    draft = made.draft(NAMES["record"], reason="other")
    url = step_url(draft, "right")
    bad = [("amount_0", *each) for each in listed("form.amount") if each[0] not in OTHERWISE]
    bad += [("words", *each) for each in listed("form.text")]
    for field, known, typed, outcome in bad:
        response = client.post(url, {"words": "x", field: typed})
        expected = {"accept": (302,), "reject": (422, 400)}.get(outcome, (302, 422))  # 400: huge
        assert response.status_code in expected, (known, outcome, response.status_code)
        if response.status_code == 422:
            assert field in response.context["form"].errors
