"""Lists of tickets: filters in words, conditions on fields, orders, pages and views."""
