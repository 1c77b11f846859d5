"""No query of a page needs to read a growing table from end to end: an index can serve each one.

On PostgreSQL. A small test database says nothing about speed, and its planner would rather read a
table whole than open an index. So reading whole, and joins that do, are forbidden here: where the
plan has it all the same, no index fits. Measured with a million accounts: benchmarks/scale.py.
"""

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.utils.timezone import now

from accounts.models import EvidenceRequest
from disputes import insight_count
from plans.models import PlanRequest
from portal.records.models import Document
from tests.disputes.filing import Filing
from tests.people import cardholder, sign_in, staff
from tests.plans.kept import kept
from tests.plans.limits import put_to_use
from tests.plans.scene import Scene, account_of

SMALL = {  # rows do not come with accounts: feeds, exports, proposals, categories, own wording
    "accounts_feedload", "accounts_feedrun", "disputes_formletter", "records_duecount",
    "records_legalhold", "records_outboxexport", "records_purge",
}  # fmt: skip
ROOMS = ("accounts", "plans", "disputes", "records", "account", "mfa", "sessions")
OWN = """
/arrears/ /arrears/{ref}/ /arrears/{ref}/?days=all /arrears/{ref}/pay/ /arrears/{ref}/sums/
/arrears/{ref}/months/ /arrears/{ref}/movements/{posting}/ /contacts/ /evidence/ /evidence/{ev}/
/evidence/new/{ref}/ /plans/ /plans/request/{ref}/ /plans/requests/{plan}/ /disputes/
/disputes/new/ /disputes/new/{ref}/?line=posting:{posting} /disputes/drafts/{draft}/lines/
/disputes/{case}/ /disputes/{case}/files/ /verify/{code}/
"""
STAFF = """
/staff/ /staff/?ref=none /staff/accounts/{ref}/ /staff/accounts/{ref}/sums/
/staff/accounts/{ref}/months/ /staff/accounts/{ref}/contacts/ /staff/plans/
/staff/plans/?after={plan} /staff/plans/second/ /staff/plans/second/?after={plan}
/staff/plans/{plan}/
/staff/evidence/ /staff/evidence/?after={ev}
/staff/evidence/{ev}/ /staff/disputes/?tab=mine /staff/disputes/?tab=unclaimed
/staff/disputes/?tab=open&after={case} /staff/disputes/?tab=reviews /staff/disputes/?tab=approval
/staff/disputes/?tab=late /staff/disputes/?tab=letters /staff/disputes/?tab=decided
/staff/disputes/?tab=open&matter=charge /staff/disputes/?find={case} /staff/disputes/{case}/
/staff/feeds/ /staff/retention/ /staff/reports/disputes/ /staff/agreements/?tab=late
/staff/agreements/?tab=remedy /staff/agreements/?tab=look /staff/agreements/?tab=running
/staff/agreements/?tab=ended /staff/agreements/{kept}/
/staff/policy/ /staff/policy/{policy}/simulation/
"""
KEEPER = """
/plans/ /plans/agreements/{kept}/ /plans/agreements/{kept}/early/ /plans/agreements/{kept}/change/
/plans/start/AC0009/
"""

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="plans of PostgreSQL"),
]


class Site:
    """A case, a draft, a plan request and a certified document of one person, and a supervisor.

    Another person has a plan that runs, and a version of the policy waits.
    """

    def __init__(self) -> None:
        filing = Filing.made()
        held, owner = filing.account, filing.holder
        posting, other = held.postings.order_by("pk")[:2]
        case = filing.sent(f"posting:{posting.ref}")
        plan = PlanRequest.objects.create(
            number="PL-1", account=held, total=100, each=50, months=2, first_on=held.as_of,
            basis_version=1, status="submitted", submitted_at=case.submitted_at,
            submitted_by=owner,
        )  # fmt: skip
        asked = EvidenceRequest.objects.create(
            number="EV-1", account=held, kind="holder", languages=["en"], status="failed",
            requested_at=case.submitted_at, requested_by=owner,
        )  # fmt: skip
        Document.objects.create(
            number="EV-1", kind="evidence.holder", subject=f"accounts.evidencerequest:{asked.pk}",
            language="en", title="", sha256="0" * 64, size=1, code="BCDF23456789", sealed=True,
            made_at=case.submitted_at,
        )  # fmt: skip
        draft = filing.draft(f"posting:{other.ref}")
        keeper = cardholder()
        plan_kept = kept(Scene(keeper, staff("agent"), account_of(keeper, ref="AC0009")))
        policy = put_to_use(auto=True)
        insight_count.count(at=now())
        self.words = {
            "ref": held.ref, "posting": posting.ref, "ev": asked.number, "plan": plan.number,
            "draft": draft.number, "case": case.number, "code": "BCDF23456789",
            "kept": plan_kept.agreement.number, "policy": policy.name,
        }  # fmt: skip
        self.owner = sign_in(Client(), owner)
        self.keeper = sign_in(Client(), keeper)
        self.staff = sign_in(Client(), staff("supervisor"))

    def asked(self, client: Client, address: str) -> list[tuple[str, Any]]:
        """Return the queries of a page."""
        caught: list[tuple[str, Any]] = []

        def catch(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
            caught.append((sql, params))
            return execute(sql, params, *rest)

        with connection.execute_wrapper(catch):
            answer = client.get(address.format(**self.words))
        assert answer.status_code == 200, (address, answer.status_code)
        return [each for each in caught if each[0].startswith(("SELECT", "UPDATE", "DELETE"))]


def faults(queries: list[tuple[str, Any]]) -> Iterator[str]:
    """Say of each query that no index can serve which table it reads whole."""
    growing = {
        model._meta.db_table
        for model in apps.get_models()
        if model._meta.app_label in ROOMS and model._meta.db_table not in SMALL
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexrelid::regclass::text, indrelid::regclass::text,"
            " pg_get_indexdef(indexrelid, 1, true), indpred IS NOT NULL FROM pg_index"
        )
        indexes = {name: Index(*facts) for name, *facts in cursor.fetchall()}
        for way in ("seqscan", "hashjoin", "mergejoin"):
            cursor.execute(f"SET LOCAL enable_{way} = off")
        for sql, params in dict(queries).items():
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
            answer = cursor.fetchone()[0]
            plan = answer if isinstance(answer, list) else json.loads(answer)
            for node in nodes(plan[0]["Plan"]):
                if of(node, indexes) in growing and whole(node, indexes):
                    yield f"{of(node, indexes)} is read whole: {sql}"


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


class Index(NamedTuple):
    table: str
    first: str  # its first column or expression
    partial: bool


def of(scan: dict[str, Any], indexes: dict[str, Index]) -> str:
    """Return the table that a node reads; a bitmap of an index names only that."""
    index = indexes.get(scan.get("Index Name", ""))
    return index.table if index else str(scan.get("Relation Name"))


def whole(scan: dict[str, Any], indexes: dict[str, Index]) -> bool:
    """Tell whether a scan may read far more than it finds: by the index's first column.

    Without a condition on it, an index is read on until enough rows pass the filter. A partial
    index holds only what is looked for; without a filter, each row read is a row found.
    """
    if scan["Node Type"] == "Seq Scan":
        return True
    if "Index Name" not in scan:
        return False
    index, condition = indexes[scan["Index Name"]], bare(scan.get("Index Cond", ""))
    if bare(index.first) in condition or index.partial:
        return False
    return bool(condition) or "Filter" in scan


def bare(expression: str) -> str:
    return expression.replace("(", "").replace(")", "")


def test_an_index_serves_every_query_of_the_pages() -> None:
    site = Site()
    queries = [each for address in OWN.split() for each in site.asked(site.owner, address)]
    queries += [each for address in KEEPER.split() for each in site.asked(site.keeper, address)]
    queries += [each for address in STAFF.split() for each in site.asked(site.staff, address)]
    assert len(queries) > 100
    assert "\n".join(faults(queries)) == ""


@pytest.mark.parametrize(
    ("index", "address"),
    [
        ("records_document_of_subject", "/staff/evidence/{ev}/"),
        # without the first, the second may serve it: as many rows as there are cases
        ("disputes_dispute_not_live, disputes_dispute_by_day", "/staff/disputes/?tab=decided"),
        ("plans_agreement_to_look_at", "/staff/agreements/?tab=look"),
    ],
)
def test_a_query_whose_index_is_gone_is_found(index: str, address: str) -> None:
    site = Site()
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index}")
    assert list(faults(site.asked(site.staff, address)))
