"""The search file: one SQLite database with every document, its full-text index and its words."""
