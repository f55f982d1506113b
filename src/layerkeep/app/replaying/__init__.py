"""The engine run again over what was recorded: a log, an incident, a rule on trial."""
