"""Architecture search: a space of small networks, and what looks for the best of them."""
