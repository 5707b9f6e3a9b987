"""Gap against cost: the ranking beside random search, Hyperband, ASHA and TPE, judged by the same full trainings."""
