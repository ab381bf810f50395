"""What the speed claims rest on. Each compares side by side in one run and prints ratios."""
