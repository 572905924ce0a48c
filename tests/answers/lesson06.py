"""Right answers to the exercises of lesson 06, in the styles of different learners."""

RIGHT_ANSWERS = {}
