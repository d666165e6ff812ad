"""What the program takes, as ratios against baselines that run beside it (SPEC section 10)."""
