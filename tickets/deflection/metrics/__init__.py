"""The figures of the report with their names, values and meanings."""
