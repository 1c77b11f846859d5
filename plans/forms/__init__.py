"""Forms of the plans room. They parse, call the rule, and turn its refusal into an error."""
