"""Days of the report: counted from the raw events, stored, and summed up into periods."""
