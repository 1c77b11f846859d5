"""What a person tells of their means and needs: sections, sums, and how they are kept."""
