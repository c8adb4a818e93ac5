"""Events: what visitors do, one append-only row each, for the deflection report."""
