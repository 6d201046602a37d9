"""What a hub answers: the operations of the iModels and iTwins APIs, from a query to a body, without any HTTP."""
