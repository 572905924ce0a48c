"""Lesson 05."""

EXERCISES = ()

QUESTIONS = {}
