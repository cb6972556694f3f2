"""What each family of strategies is measured on: one file a family, each with
its CASES."""
