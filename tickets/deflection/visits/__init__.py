"""Visits read off the event log: their searches, outcomes and timelines."""
