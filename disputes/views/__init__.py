"""Pages of the disputes room."""
