"""Right answers to the exercises of lesson 10, in the styles of different learners."""

RIGHT_ANSWERS = {}
