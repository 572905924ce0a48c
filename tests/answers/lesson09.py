"""Right answers to the exercises of lesson 09, in the styles of different learners."""

RIGHT_ANSWERS = {}
