"""The public pages of the help centre."""
