"""Who contacted whom, when that was allowed, and what the person permits."""
