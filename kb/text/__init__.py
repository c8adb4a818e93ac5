"""Text that people typed: characters, cleanup, email addresses."""
