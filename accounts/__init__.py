"""Who may sign in, what they owe, and why we say so."""
