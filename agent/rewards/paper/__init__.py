"""A coupon's paper is read, shown, and used or not."""
