"""The desk: the agents' pages."""
