"""How a hub is reached: the server, who may ask and how often, and the log."""
