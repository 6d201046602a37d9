"""What can go wrong on demand: faults with names, and when they strike."""
