from django.apps import AppConfig


class DisputesConfig(AppConfig):
    name = "disputes"

    def ready(self) -> None:
        """Tell the rooms below what is or was in dispute, what goes when, what the bank gets."""
        from accounts import queries
        from accounts.files import rooms
        from disputes import facts, files
        from disputes import retention as ours
        from portal.records import outbox, retention

        queries.disputed = facts.disputed
        queries.dispute_history = facts.history
        queries.own_words = facts.own_words
        outbox.RESOLVERS["record.statement"] = facts.with_words
        retention.add(*ours.CATEGORIES)
        rooms.add(files.ROOM)
        retention.KEEPS.append(ours.keeps)
