"""What a hub serves: the records of one iModel, drawn from a seed or taken from a recording."""
