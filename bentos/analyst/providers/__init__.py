"""Language models behind one small interface, and what keeps their failures away from callers."""
