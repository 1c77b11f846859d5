"""What happens to a case: one verb, one transaction, one event."""
