from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"

    def ready(self) -> None:
        """Tell the rooms below where they read of plans, and what of them goes when."""
        from accounts import queries
        from accounts.files import rooms
        from plans import ledger_facts
        from plans import retention as ours
        from plans.situation import papers
        from portal.records import retention

        queries.plan_facts = ledger_facts.plan_facts
        queries.plan_history = ledger_facts.plan_history
        queries.ACTED.append(ledger_facts.acted_on)
        rooms.add(papers.ROOM)
        retention.add(*ours.CATEGORIES)
        retention.USES.append(ours.uses)
