"""HTTP server: handlers, routes and allowed hosts."""
