"""Lesson 04."""

EXERCISES = ()

QUESTIONS = {}
