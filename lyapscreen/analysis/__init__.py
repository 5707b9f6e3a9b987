"""Questions asked of screenings: where stability ends, whether the ranking helped, whether known answers hold."""
