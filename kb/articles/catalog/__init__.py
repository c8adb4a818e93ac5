"""The library: every article in its category, for each language and audience, in memory."""
