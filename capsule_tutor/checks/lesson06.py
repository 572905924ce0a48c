"""Lesson 06: the exercises on CapsNet."""

EXERCISES = ()

QUESTIONS = {}
