"""What a document says to whoever holds it: every line of the checklist (rules.md §14)."""

import json
from dataclasses import replace
from datetime import date

import pytest
from django.conf import settings
from django.utils.translation import override

from accounts.evidence import facts as gathering
from accounts.evidence import machine
from accounts.evidence.paper import paper_of
from accounts.models import ContactAttempt, EvidenceRequest
from portal.records import sealing
from portal.records.pdf import MissingGlyph
from portal.records.typeset import Facts, Heading, Paragraph, Table, draw
from tests.accounts.books import account, bare, post, report
from tests.accounts.evidence.asked import AT, feed, gathered
from tests.people import cardholder
from tests.plans.scene import behind

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawn_once")]
CODE = "7K3MQ2XW9ABC"


@pytest.fixture
def held():
    held = account(cardholder(full_name="Test Person", id_number="X1234567"))
    feed()
    return held


def of(facts, language="en"):
    return paper_of(facts, language=language, code=CODE)


def texts(paper):
    """Every text of a paper, cell by cell."""
    found = []
    for block in paper.blocks:
        if isinstance(block, Heading | Paragraph):
            found.append(block.text)
        elif isinstance(block, Facts):
            found += [cell for row in block.rows for cell in row]
        else:
            found += [block.caption, *(column.label for column in block.columns)]
            found += [cell for row in (*block.rows, block.total) for cell in row]
    return found


def said(paper):
    return "\n".join(texts(paper))


def table(paper, caption):
    (found,) = [b for b in paper.blocks if isinstance(b, Table) and b.caption.startswith(caption)]
    return found


def test_it_says_who_issued_what_to_whom_when_for_which_period_and_from_which_books(held):
    paper = of(gathered(held))
    rows = dict(next(block for block in paper.blocks if isinstance(block, Facts)).rows)
    assert rows["Issued by"] == paper.bank == "Example Bank"
    assert rows["Document number"] == paper.number
    assert rows["Verification code"] == paper.code == CODE
    assert rows["Issued on"] == "22 November 2026, 10:00 (UTC+08:00)"
    assert rows["Period"] == "1 September 2026 to 20 November 2026, both days included"
    assert rows["Cardholder"] == "Test Person"
    assert rows["Identity document"] == "X1****67"
    assert rows["Card"] == "CLASSIC, ending in 4417"
    assert rows["Currency"] == "Chinese yuan (CNY)"
    assert rows["Purpose stated"] == "For a court or an arbitrator"
    assert "as of the end of 20 November 2026" in rows["Books"]
    assert (
        "feed 2026-11-20 of DEMO, received on 21 November 2026, 02:30 (UTC+08:00)" in rows["Books"]
    )
    assert paper.verify_url == f"{settings.SITE_URL}/verify/{CODE}/"
    assert paper.made_at == AT
    assert paper.is_test is True


def test_no_identity_number_or_card_number_stands_in_full(held):
    paper = of(gathered(held))
    everything = said(paper) + "".join(a.data.decode() for a in paper.attachments)
    assert "X1234567" not in everything


def test_it_says_how_to_ask_to_object_and_to_check(held):
    for kind in ("repayments", "overdue", "holder"):
        text = said(of(gathered(held, kind)))
        assert settings.BANK["phone"] in text
        assert "You may object to any entry and send us what supports you" in text
        assert f"{settings.SITE_URL}/verify/{CODE}/" in text


def test_the_reconciliation_line_says_zero(held):
    paper = of(gathered(held))
    assert "Opening balance + movements − closing balance: difference ¥0.00." in said(paper)
    balances = table(paper, "Balance at the end of 31 August 2026 and of 20 November 2026")
    assert [row[-1] for row in balances.rows] == ["¥0.00"] * 4
    assert balances.total == ("Total", "¥0.00", "¥8,100.00", "¥0.00", "¥8,100.00", "¥0.00")


def test_a_movement_says_both_days_what_it_was_and_the_banks_reference(held):
    post(held, "3", "2026-11-10", "repayment", -500, channel="app")
    rows = table(of(gathered(held)), "All movements").rows
    assert rows[0] == (
        "P-0001", "1 Sep 2026", "1 Sep 2026", "Purchase: Example Grocery\nref. AC0001-1",
        "¥8,000.00", "¥8,000.00",
    )  # fmt: skip
    assert rows[2][3:] == ("Repayment: app\nref. AC0001-3", "−¥500.00", "¥7,600.00")


def test_a_payment_says_what_it_was_used_for_how_late_and_by_which_rule(held):
    post(held, "3", "2026-11-10", "repayment", -500)
    paper = of(gathered(held))
    assert table(paper, "Payments and credits").rows == [
        ("P-0003", "10 Nov 2026", "46", "¥400.00", "¥100.00", "¥0.00", "¥0.00", "charges first")
    ]
    assert "from day 91, principal first (rule CN-ACC-01: " in said(paper)


def test_a_payment_from_day_91_says_principal_first():
    held = account(cardholder(), statements=1, as_of=date(2027, 1, 20))
    post(held, "3", "2026-12-24", "repayment", -50)
    post(held, "4", "2026-12-25", "repayment", -50)
    rows = table(of(gathered(held)), "Payments and credits").rows
    assert [row[2:5] for row in rows] == [("90", "¥0.00", "¥50.00"), ("91", "¥50.00", "¥0.00")]
    assert [row[-1] for row in rows] == ["charges first", "principal first"]


def test_where_no_law_puts_principal_first_nothing_is_said_of_a_day(held, settings):
    settings.JURISDICTION = "uk"
    post(held, "3", "2026-11-10", "repayment", -500)
    text = said(of(gathered(held)))
    assert "A payment pays interest and charges first, then principal (rule UK-POL-" in text
    assert "from day" not in text


def test_in_the_united_states_the_debt_is_itemised_from_the_last_statement_on(held, settings):
    post(held, "3", "2026-11-10", "repayment", -500)
    post(held, "4", "2026-11-11", "late_fee", 40)
    post(held, "5", "2026-11-12", "purchase", 7)
    assert "Itemisation of the debt" not in said(of(gathered(held)))
    settings.JURISDICTION = "us"
    items = table(of(gathered(held)), "From the last statement on")
    assert items.rows[0] == ("Owed on 5 November 2026, the itemisation date", "¥8,100.00")
    assert [row[1] for row in items.rows[1:]] == ["¥0.00", "¥40.00", "¥7.00", "−¥500.00", "¥0.00"]
    assert items.total == ("Owed now", "¥7,647.00")


def test_an_empty_period_says_so(held):
    paper = of(gathered(held, from_on="2026-09-10", until_on="2026-09-12"))
    assert "There were no movements in this period: from 10 September 2026" in said(paper)
    assert not [b for b in paper.blocks if isinstance(b, Table) and not b.rows]


def test_reversals_and_waivers_say_what_they_correct_and_why(held):
    post(held, "3", "2026-11-06", "late_fee", 40)
    post(held, "4", "2026-11-08", "reversal", -40, reverses="AC0001-3", description="Our mistake")
    post(held, "5", "2026-11-09", "waiver", -100)
    rows = table(of(gathered(held)), "What was taken back").rows
    assert rows == [
        ("P-0004", "8 Nov 2026", "Reversal", "P-0003\nAC0001-3", "Our mistake", "−¥40.00"),
        ("P-0005", "9 Nov 2026", "Waiver", "–", "none given in the bank's system", "−¥100.00"),
    ]


def test_the_times_overdue_are_told(held):
    paper = of(gathered(held))
    assert table(paper, "Times overdue").rows == [("25 September 2026", "not yet", "56")]
    ends = table(paper, "Days past due at the end of each month").rows
    assert ends[0] == ("30 September 2026", "5", "¥800.00")
    assert ends[-1] == ("20 November 2026", "56", "¥1,600.00")


def test_an_account_never_overdue_says_so():
    held = bare(cardholder(), "AC0007")
    post(held, "1", "2026-11-10", "purchase", 12)
    assert "No minimum payment was overdue on any day of this period." in said(of(gathered(held)))


def test_a_contact_at_half_past_eleven_at_night_stands_on_that_evening(held):
    ContactAttempt.objects.create(
        ref="K1", account=held, at=AT.replace(day=15, hour=15, minute=30), channel="call",
        by="AG1", purpose="Reminder", outcome="no answer",
    )  # fmt: skip
    rows = table(of(gathered(held, with_contacts=True)), "Contacts in this period").rows
    assert rows == [("C-0001", "15 Nov 2026 23:30", "Call", "AG1", "Reminder", "no answer")]


def test_reports_to_the_bureau_show_version_notice_and_mark(held):
    report(held, "2026-10", notified_on=date(2026, 10, 25), bureau="DEMO")
    report(held, "2026-10", version=2, reported_code="N", overdue_amount=0, disputed=True)
    rows = table(of(gathered(held, "overdue")), "Reports, every version").rows
    assert rows == [
        ("R-0001", "October 2026", "1", "1", "15", "¥800.00", "31 Oct 2026\nDEMO", "25 Oct 2026",
         "replaced"),
        ("R-0002", "October 2026", "2", "N", "15", "¥0.00", "31 Oct 2026", "–", "disputed"),
    ]  # fmt: skip


def test_no_reports_is_worth_certifying(held):
    text = said(of(gathered(held, "overdue")))
    assert "Our books hold no report to a credit bureau for the months of this period." in text


def test_a_settlement_certificate_says_zero_by_component_and_since_when():
    held = account(cardholder(), statements=1)
    post(held, "3", "2026-11-10", "repayment", -9000)
    paper = of(gathered(held, "settlement"))
    assert "on 20 November 2026 nothing was owed on it" in said(paper)
    assert "came down to zero on 10 November 2026" in said(paper)
    owed = table(paper, "What is owed")
    assert [row[1] for row in owed.rows] == ["¥0.00"] * 4
    assert "The bank owes the cardholder ¥900.00" in said(paper)
    assert "later purchases or charges may be posted" in said(paper)


def test_a_closed_account_needs_no_word_of_what_may_come():
    held = account(cardholder(), statements=1, status="closed")
    post(held, "3", "2026-11-10", "repayment", -8100)
    assert "later purchases" not in said(of(gathered(held, "settlement")))


@pytest.mark.parametrize(
    ("held_by", "name", "expected"),
    [
        ("bank", "", "it holds this account itself"),
        ("AG1", "Example Agency", "it asked Example Agency to collect"),
        ("AG1", "", "it asked AG1 to collect"),
    ],
)
def test_who_holds_the_account_is_named_and_the_debt_stays_the_banks(held_by, name, expected):
    held = account(cardholder(), held_by=held_by, agency_name=name)
    text = said(of(gathered(held, "holder")))
    assert expected in text
    assert "The debt is a debt to Example Bank: our books show no sale of it." in text
    assert "feed of 20 November 2026" in text


def test_copies_of_agreements_are_listed_with_number_day_sum_state_and_hash():
    scene = behind()
    agreement = scene.sign(scene.offered())
    paper = of(gathered(scene.account, "agreements"))
    text = said(paper)
    for part in (agreement.number, "¥1,000.00", "Active", agreement.document.sha256):
        assert part in text
    assert paper.attachments[-1].name == f"{agreement.document.number}.pdf"


def test_a_plans_history_shows_every_payment():
    scene = behind()
    agreement = scene.sign(scene.offered())
    paper = of(gathered(scene.account, with_plans=True))
    dues = table(paper, f"Payments of plan {agreement.number}")
    assert [row[2] for row in dues.rows] == ["¥333.33", "¥333.33", "¥333.34"]
    assert dues.total[2] == "¥1,000.00"


@pytest.mark.parametrize(
    ("currency", "amount", "said_as"),
    [("JPY", "1200", "JP¥1,200"), ("KWD", "1.005", "KWD 1.005"), ("USD", "3.5", "US$3.50")],
)
def test_other_currencies_have_their_own_places(currency, amount, said_as):
    held = bare(cardholder(), "AC0007", currency=currency)
    post(held, "1", "2026-11-10", "purchase", amount)
    assert table(of(gathered(held)), "All movements").rows[0][4] == said_as


@pytest.mark.parametrize("name", ["王", "䶮𠮷", "A" * 60, "示例" * 30])
def test_names_stand_as_they_are(held, name):
    paper = of(replace(gathered(held), full_name=name))
    assert name in texts(paper)


def test_the_same_facts_give_the_same_paper(held):
    facts = gathered(held, with_records=True, with_contacts=True)
    assert of(facts) == of(facts)


def test_every_kind_has_a_title_and_every_table_row_its_cells():
    scene, held = behind(), account(cardholder(), "AC0007")
    scene.sign(scene.offered())
    settled = account(cardholder(), "AC0008", statements=1)
    post(settled, "3", "2026-11-10", "repayment", -8100)
    of_kind = {"settlement": settled, "agreements": scene.account}
    for kind, label in EvidenceRequest.Kind.choices:
        for language in ("en", "zh-hans"):
            paper = of(gathered(of_kind.get(kind, held), kind), language)
            assert paper.language == language
            with override(language):
                assert paper.title == str(label)
            for block in paper.blocks:
                if isinstance(block, Table):
                    cells = {len(row) for row in (*block.rows, *filter(None, [block.total]))}
                    assert cells == {len(block.columns)}


def test_the_machine_copy_is_attached(held):
    names = [each.name for each in of(gathered(held)).attachments]
    assert names == ["statement.json", "statement.schema.json", "movements.csv"]
    assert names[0] == machine.JSON_NAME


def test_asking_twice_reads_the_same(held):
    request = EvidenceRequest(
        number="EV-X", account=held, kind="repayments", purpose="own", languages=["en"]
    )
    assert gathering.gather(request, at=AT) == gathering.gather(request, at=AT)


# == what a review found


def test_print_and_json_name_the_order_that_was_really_taken():
    held = bare(cardholder(), "AC0007")
    post(held, "0", "2026-01-02", "purchase", 1000)
    post(held, "1", "2026-01-02", "interest", 50)
    post(held, "2", "2026-02-01", "repayment", -100)
    post(held, "3", "2026-02-03", "reversal", 100, reverses="AC0007-2")
    post(held, "4", "2026-02-04", "reversal", -100, reverses="AC0007-3")
    post(held, "5", "2026-02-05", "reversal", -30, reverses="AC0007-0")
    post(held, "6", "2026-02-06", "waiver", -5, reverses="UNKNOWN")
    facts = gathered(held)
    rows = table(of(facts), "Payments and credits").rows
    assert [(row[0], row[-1]) for row in rows] == [
        ("P-0003", "charges first"), ("P-0005", "charges first"),
        ("P-0006", "what it corrects first"), ("P-0007", "charges first"),
    ]  # fmt: skip
    orders = [row["order"] for row in machine.movement_rows(facts.movements, "CNY")]
    assert orders == ["", "", "charges_first", "", "charges_first", "named_first", "charges_first"]


def test_what_came_back_stands_apart_and_the_sentence_says_what_received_means(held):
    post(held, "3", "2026-09-20", "repayment", -300)
    post(held, "4", "2026-09-28", "reversal", 300, reverses="AC0001-3")
    paper = of(gathered(held))
    first = table(paper, "Statements").rows[0]
    assert first[4:] == ("¥0.00", "¥0.00", "–", "¥300.00", "¥800.00")
    assert "received in this period, less what came back in it: ¥0.00." in said(paper)
    assert "counts here as never paid" in said(paper)


def test_in_the_united_states_a_payment_that_came_back_is_among_the_payments(held, settings):
    settings.JURISDICTION = "us"
    post(held, "3", "2026-11-10", "repayment", -500)
    post(held, "4", "2026-11-11", "reversal", 500, reverses="AC0001-3")
    items = table(of(gathered(held)), "From the last statement on")
    assert [row[1] for row in items.rows[1:]] == ["¥0.00"] * 5


def test_a_debt_written_off_is_not_said_to_be_unsold(held):
    assert "our books show no sale of it" in said(of(gathered(held, "holder")))
    held.status = "written_off"
    held.save()
    text = said(of(gathered(held, "holder")))
    assert "sale" not in text and "sold" not in text
    assert "Payments go only to the bank's own account" in text


def test_it_names_the_certificate_of_its_seal(held):
    seal = sealing.seal_facts()
    rows = dict(next(b for b in of(gathered(held)).blocks if isinstance(b, Facts)).rows)
    expected = f"the certificate of {seal.subject}, serial number {seal.serial}"
    assert rows["Sealed with"] == expected


def test_letters_of_third_parties_that_the_font_lacks_are_named_in_their_place(held):
    post(held, "3", "2026-11-10", "purchase", 5, merchant="Cafe 😀 \x07", description="a\u202eb")
    ContactAttempt.objects.create(
        ref="K1", account=held, at=AT.replace(day=15), channel="call", by="AG\u200b1",
        purpose="Reminder 😀", outcome="no\nanswer",
    )  # fmt: skip
    facts = gathered(held, with_contacts=True)
    paper = of(facts)
    text = said(paper)
    assert "Purchase: a[U+202E]b, Cafe [U+1F600] [U+0007]\nref. AC0001-3" in text
    row = table(paper, "Contacts in this period").rows[0]
    assert row[3:] == ("AG[U+200B]1", "Reminder [U+1F600]", "no[U+000A]answer")
    data = json.loads(paper.attachments[0].data)
    assert data["postings"][-1]["merchant"] == "Cafe 😀 \x07"
    assert data["contacts"][0]["purpose"] == "Reminder 😀"
    assert draw(paper).startswith(b"%PDF-")


def test_an_agencys_name_with_such_a_letter_is_printed_too():
    held = account(cardholder(), held_by="AG1", agency_name="Example 😀")
    text = said(of(gathered(held, "holder")))
    assert "it asked Example [U+1F600] to collect" in text


def test_the_persons_own_name_is_never_written_otherwise(held):
    with pytest.raises(MissingGlyph):
        draw(of(replace(gathered(held), full_name="Anna 😀 Lee")))


@pytest.mark.parametrize(
    ("kept_from", "sentences"),
    [
        (date(2026, 9, 1), ["no contact about this debt in this period."]),
        (date(2026, 10, 1), ["from 1 October 2026 to the end of this period.",
                             "Contacts before 1 October 2026 may have been deleted"]),
        (date(2026, 11, 21), ["Contacts before 21 November 2026 may have been deleted"]),
    ],
)  # fmt: skip
def test_no_contact_is_certified_only_of_days_whose_contacts_are_kept(held, kept_from, sentences):
    facts = replace(gathered(held, with_contacts=True), contacts_from=kept_from)
    text = said(of(facts))
    for sentence in sentences:
        assert sentence in text
    assert ("Our books hold no contact" in text) == (kept_from <= facts.until_on)
    assert ("in this period." in text.split("Calls, messages")[1].split("\n")[1]) == (
        kept_from <= facts.from_on
    )


def test_contacts_listed_do_not_hide_that_earlier_ones_may_be_gone(held):
    ContactAttempt.objects.create(
        ref="K1", account=held, at=AT.replace(day=15), channel="call", by="bank",
        purpose="Reminder", outcome="none",
    )  # fmt: skip
    facts = gathered(held, with_contacts=True)
    assert "may have been deleted" not in said(of(facts))
    gone = replace(facts, contacts_from=date(2026, 10, 1))
    assert "Contacts before 1 October 2026 may have been deleted" in said(of(gone))
