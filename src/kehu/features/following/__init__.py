"""Follow-ups: what was said to a customer, and when to be in touch again."""
