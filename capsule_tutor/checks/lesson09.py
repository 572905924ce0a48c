"""Lesson 09: the exercises on Efficient-CapsNet."""

EXERCISES = ()

QUESTIONS = {}
