from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Tell the records, which lie below this room, what goes when, what holds reach, and what
        the bank gets."""
        from accounts import retention as ours
        from accounts import signals  # noqa: F401  (hears of passkeys that come and go)
        from accounts.contacts import queries as contacts
        from portal.records import outbox, retention

        outbox.RESOLVERS["contact.changed"] = contacts.for_bank
        retention.add(*ours.CATEGORIES)
        retention.WIDENERS.append(ours.widened)
