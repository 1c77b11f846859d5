"""Whether a plan can be asked for: every reason against it, in declared order. Pure."""
