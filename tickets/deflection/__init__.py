"""Deflection: what became of every visit, computed from the event log; every figure opens onto the visits behind it."""
