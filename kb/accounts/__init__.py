"""Accounts: people, their sign-in, their sessions and API keys."""
