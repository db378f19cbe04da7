"""What holds the building up: laws, stories, simulations, pages in a browser, the house itself."""
