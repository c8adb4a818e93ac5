"""Rate limits counted in the database, so that every process sees the same."""
