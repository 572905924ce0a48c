"""What a class needs, one file a command: assignments, handouts, new versions, slides, misconceptions, reports."""
