"""The audit log: who signed in, and who changed people, keys and settings. Rows are added and never changed."""
