"""Jobs: work stored in the transaction that caused it, done later by a worker."""
