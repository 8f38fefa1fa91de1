"""How a response suits a student: token statistics, and the columns that are read off them."""
