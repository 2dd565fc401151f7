"""A store's own rewards: up to six of them, what is won of them and by which chance."""
