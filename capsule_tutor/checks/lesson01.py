"""Lesson 01."""

EXERCISES = ()

QUESTIONS = {}
