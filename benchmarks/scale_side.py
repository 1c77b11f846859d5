"""One database of benchmarks/scale.py: a process that answers page requests and explains queries.

Reads a line of JSON from standard input for each request, writes one for each answer.
"""

import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
LARGE = 10_000  # rows: a table that must not be read from end to end
HOLDER = "C0000006"  # of write_feed's fixed people: two accounts, one of them behind
ACCOUNT = "A0000006"
KEPT = "A0000009"  # another's, with a plan that runs


def prepare() -> None:
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    os.environ |= {
        "HTTPS": "0", "DEMO": "0", "DEBUG": "0", "LOG_LEVEL": "CRITICAL",
        "VAR_DIR": tempfile.mkdtemp(prefix="portal-scale-"), "CELERY_BROKER_URL": "memory://",
    }  # fmt: skip
    Path(os.environ["VAR_DIR"], "static").mkdir()
    import django

    django.setup()
    from django.conf import settings

    logging.disable()
    settings.ALLOWED_HOSTS = ["*"]
    settings.CELERY_TASK_ALWAYS_EAGER = False
    settings.STORAGES["staticfiles"]["BACKEND"] = (
        "django.contrib.staticfiles.storage.StaticFilesStorage"
    )


# == people and their work, by the actions of the site


def people() -> tuple[Any, dict[str, Any], dict[str, str]]:
    """Make the cardholder's sign-in, staff, and one of each thing; made before: found again."""
    from accounts.models import Cardholder, User
    from portal.demo.people import activate
    from tests.people import staff

    holder = Cardholder.objects.get(ref=HOLDER)
    owner = holder.user or activate(holder, "scale@example.com", "en")
    keeper = Cardholder.objects.get(accounts__ref=KEPT)
    roles = ("agent", "complaint_handler", "supervisor", "auditor")
    found: dict[str, Any] = {
        "keeper": keeper.user or activate(keeper, "scale-kept@example.com", "en")
    }
    for role in roles:
        mail = f"scale-{role}@example.com"
        found[role] = User.objects.filter(email=mail).first() or staff(role, email=mail)
    others = list(User.objects.filter(email__startswith="scale-more").order_by("pk"))
    others = others or [
        staff("complaint_handler", email=f"scale-more{i}@example.com") for i in range(20)
    ]
    from benchmarks.scale_fill import fill

    fill(owner=owner.pk, staff=[found["complaint_handler"].pk, *(user.pk for user in others)])
    count()
    return owner, found, things(owner, found) | plans_of(found)


def count() -> None:
    """Count once, as each night."""
    from django.utils.timezone import now

    from disputes import insight, insight_count
    from portal.records.retention import counts

    if insight.newest() is None:
        insight_count.count(at=now())
        counts.count(at=now())


def things(owner: Any, staff: dict[str, Any]) -> dict[str, str]:
    """Return what stands in addresses: references and numbers, made where they are not there."""
    from django.utils.timezone import now

    from accounts.evidence import actions as evidence
    from accounts.models import CardAccount, EvidenceRequest, Posting
    from disputes.actions import drafting
    from disputes.models import Dispute
    from plans.models import PlanRequest
    from portal.demo import cases
    from portal.demo import people as demo

    account = CardAccount.objects.select_related("cardholder").get(ref=ACCOUNT)
    scene = cases.Scene(account, owner, staff["complaint_handler"], now())
    own = Dispute.objects.filter(account=account)
    sent = own.exclude(submitted_at=None).first() or cases.sent(
        scene, Dispute.Matter.CHARGE, Dispute.Reason.WRONG_AMOUNT, line="posting", words="So."
    )
    if not (draft := own.filter(status="draft").first()):
        draft = drafting.begin(account, language="en", by=owner, at=now())
        drafting.save_matter(draft, matter="charge", topic="", by=owner, at=now())
    plan = PlanRequest.objects.filter(account=account).first() or demo.submitted(
        account, staff["agent"]
    )
    asked = EvidenceRequest.objects.filter(account=account).first() or evidence.ask(
        account, evidence.Wish(kind="holder", purpose="own", languages=["en"]), by=owner, at=now()
    )
    interest = Posting.objects.filter(account=account, kind="interest").latest("posted_on")
    return {"ref": ACCOUNT, "case": sent.number, "draft": draft.number, "plan": plan.number,
            "evidence": asked.number, "posting": interest.ref, "code": "FILLED1"}  # fmt: skip


def plans_of(staff: dict[str, Any]) -> dict[str, str]:
    """Return the number of a plan that runs, and the name of a policy to be simulated."""
    from datetime import timedelta

    from django.utils.timezone import localdate, now

    from accounts.models import CardAccount
    from plans.models import Agreement, PolicyVersion
    from plans.policy import FIRST
    from portal.demo import people as demo
    from tests.plans.kept import kept
    from tests.plans.scene import Scene

    account = CardAccount.objects.select_related("cardholder").get(ref=KEPT)
    if not (agreement := Agreement.objects.filter(account=account).first()):
        scene = Scene(staff["keeper"], staff["agent"], account)
        scene.taken = lambda *_: demo.under_review(account, staff["agent"])  # type: ignore[method-assign]
        agreement = kept(scene).agreement
    policy, _ = PolicyVersion.objects.get_or_create(
        name="2026-9",
        defaults={
            "status": "proposed", "effective_from": localdate() + timedelta(days=1),
            "data": {**FIRST, "auto": True}, "made_by": staff["supervisor"], "made_at": now(),
        },
    )  # fmt: skip
    return {"kept": KEPT, "agreement": agreement.number, "policy": policy.name}


# == what is asked over the pipe


class Side:
    def __init__(self) -> None:
        from django.test import Client

        from tests.people import sign_in

        owner, staff, self.words = people()
        self.clients = {role: sign_in(Client(), user) for role, user in staff.items()}
        self.clients |= {"owner": sign_in(Client(), owner), "": Client()}
        self.large = large_tables()

    def rows(self) -> dict[str, int]:
        return self.large

    def get(self, role: str, address: str) -> tuple[int, float, float]:
        """Return status, CPU and wall seconds of one request."""
        client, address = self.clients[role], address.format(**self.words)
        wall, cpu = time.perf_counter(), time.process_time()
        response = client.get(address)
        if response.streaming:
            b"".join(response.streaming_content)
        return response.status_code, time.process_time() - cpu, time.perf_counter() - wall

    def explain(self, role: str, address: str) -> dict[str, Any]:
        """Return the number of queries of a page, and of each what its plan reads of what."""
        from django.db import connection

        caught: list[tuple[str, Any]] = []

        def catch(execute: Callable[..., Any], sql: str, params: Any, *rest: Any) -> Any:
            caught.append((sql, params))
            return execute(sql, params, *rest)

        with connection.execute_wrapper(catch):
            self.get(role, address)
        asked = [(s, p) for s, p in caught if s.lstrip("( ").startswith(("SELECT", "UPDATE"))]
        return {"queries": len(caught), "plans": [self.plan(sql, p) for sql, p in asked]}

    def plan(self, sql: str, params: Any) -> dict[str, Any]:
        """Return the rows that a query's scans touched, and the large tables it read whole."""
        from django.db import connection, transaction

        with connection.cursor() as cursor, transaction.atomic():
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params)
            answer = cursor.fetchone()[0]
            transaction.set_rollback(True)
        top = (json.loads(answer) if isinstance(answer, str) else answer)[0]
        scans = [node for node in nodes(top["Plan"]) if "Relation Name" in node]
        whole = {n["Relation Name"] for n in scans if n["Node Type"].endswith("Seq Scan")}
        return {"sql": sql, "touched": sum(map(touched, scans)), "ms": top["Execution Time"],
                "whole": sorted(whole & self.large.keys())}  # fmt: skip


def nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    below = [node for part in plan.get("Plans", ()) for node in nodes(part)]
    return [plan, *below]


def touched(scan: dict[str, Any]) -> float:
    gone = sum(v for k, v in scan.items() if k.startswith("Rows Removed by"))
    return float((scan["Actual Rows"] + gone) * scan["Actual Loops"])


def large_tables() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, reltuples::bigint FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = 'public'::regnamespace AND reltuples > %s", [LARGE]
        )  # fmt: skip
        return dict(cursor.fetchall())


def main() -> None:
    prepare()
    side = Side()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        name, *rest = json.loads(line)
        print(json.dumps(getattr(side, name)(*rest)), flush=True)


if __name__ == "__main__":
    main()
