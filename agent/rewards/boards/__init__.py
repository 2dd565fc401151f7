"""The boards of coupons, points and stamps."""
