"""When a contact was allowed: hours, counts and what the person permits. Pure."""
