"""What a counter sees of rewards: a coupon's paper is read and used, what was used, and the boards."""
