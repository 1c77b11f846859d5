"""Long drills with real processes; each has its own command (docs/testing.md)."""
