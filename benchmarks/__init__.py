"""What the speed claims rest on. Each benchmark compares side by side in one run and prints ratios."""
