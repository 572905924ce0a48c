"""Lesson 03."""

EXERCISES = ()

QUESTIONS = {}
