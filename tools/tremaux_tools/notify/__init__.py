"""Tell people of a report through apprise, the one library that speaks to all their chats and mailboxes."""

from tremaux_tools.notify.notifier import Notifier, Sent

__all__ = ["Notifier", "Sent"]
