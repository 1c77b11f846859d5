from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "disputes"

    def ready(self) -> None:
        """Tell the rooms below what is or was in dispute, and what goes when or is kept."""
        from accounts import queries
        from disputes import facts
        from disputes import retention as ours
        from portal.records import retention

        queries.disputed = facts.disputed
        queries.dispute_history = facts.history
        retention.add(*ours.CATEGORIES)
        retention.WIDENERS.append(ours.widened)
