"""Who stands behind a token (http X-25, X-26): asked of Keystone once, then known for a while."""
