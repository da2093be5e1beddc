"""Members side by side, summed with weights that are given or learned."""
