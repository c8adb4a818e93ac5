"""Full-text search over tickets: what is indexed, how it is asked, and the snippets shown."""
