"""Coupon definitions and the coupons that members hold."""
