"""The Grafana dashboards, written in Python; the charts hold what they generate."""
