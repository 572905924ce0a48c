"""Grading: a student's answer runs in a process of its own, and only plain numbers come back."""
