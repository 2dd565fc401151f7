"""The menu at this counter: what there is, and what is sold out."""
