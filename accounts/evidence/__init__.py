"""Certified statements: what a cardholder asks for, drawn from the ledger, sealed, kept."""
