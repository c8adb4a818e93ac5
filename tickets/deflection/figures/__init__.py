"""The report's figures: counts that add up, and rates with their bounds."""
