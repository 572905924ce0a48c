"""Right answers to the exercises of lesson 08, in the styles of different learners."""

RIGHT_ANSWERS = {}
