"""The smallest model service that has everything: two engines, four kinds of routes, a signed package."""
