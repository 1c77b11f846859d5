"""A plan from its signature to its end: matched with repayments, watched, ended by rule."""
