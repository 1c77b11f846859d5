from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        """Tell the records, which lie below this room, what goes when and what holds reach."""
        from accounts import retention as ours
        from portal.records import retention

        retention.add(*ours.CATEGORIES)
        retention.WIDENERS.append(ours.widened)
