"""The admins' pages of what tickets belong to: groups of the staff, and organizations of customers."""
