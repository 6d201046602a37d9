"""Database of an iModel, in SQLite."""
