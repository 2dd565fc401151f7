"""The menu of a brand and of its stores: items, options, times of sale, what is sold out."""
