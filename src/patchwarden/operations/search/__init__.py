"""Questions about the whole fleet: which nodes have certain patches."""
