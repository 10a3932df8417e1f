"""What every pod has; knows no model."""
