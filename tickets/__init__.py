"""Tickets: requests from customers, the desk of the agents, mail and the deflection report."""
