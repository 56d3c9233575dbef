"""SF Express through its open platform, Fengqiao (丰桥)."""
