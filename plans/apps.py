from django.apps import AppConfig


class PlansConfig(AppConfig):
    name = "plans"

    def ready(self) -> None:
        """Tell the ledger's pages, which lie below this room, where they read of plans."""
        from accounts import queries
        from plans import ledger_facts

        queries.plan_facts = ledger_facts.plan_facts
