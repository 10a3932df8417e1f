"""The analyst's tables, and one small class for each thing that is kept in them."""
