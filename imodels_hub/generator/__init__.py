"""Projects that a hub serves: synthetic or recorded."""
