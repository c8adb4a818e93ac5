"""The engines that find candidates: SQLite FTS5, Meilisearch and embeddings."""
