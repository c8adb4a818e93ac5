"""Search: one protocol, two engines, and the understanding of what was typed."""
