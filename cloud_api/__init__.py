"""The cloud: members, the points ledger, coupons, requests, orders and the gateway that devices talk to."""
