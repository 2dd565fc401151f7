"""``kill -9`` on real processes: a real cloud, real counters, and the record of what their screens had confirmed."""
