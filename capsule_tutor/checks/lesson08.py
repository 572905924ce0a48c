"""Lesson 08: the exercises on self-attention routing."""

EXERCISES = ()

QUESTIONS = {}
