"""Lesson 10: the exercises on full training."""

EXERCISES = ()

QUESTIONS = {}
