"""Lesson 14: the exercises on viewpoints. Honest splits, fair comparisons, and the angle that a pose holds."""

ORDER = ("split_views", "leak_test", "matched_gap", "gap_interval", "angle_between", "read_angle")

PREDICTIONS = {}
