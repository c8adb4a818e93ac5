"""The writer's linter: problems in the content, each at its line."""
