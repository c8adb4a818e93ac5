"""The Meilisearch engine: its client, its index and its searches."""
