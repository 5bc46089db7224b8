"""Words that tell nothing of what an objective is about."""

from codecompanion.domain.terms import terms_of

_STOPPED = """
 a an and are as at be been but by can could did do does for from had has have how i if in into is it its may more no
nor not of on one only or our out over own same should so some such than that the their them then there these they
this those to too under up use using used was we were what when where which while will with would you your also about
after all any because before being both each few here just me my most other via instead now don make makes made fix
fixes fixed fixing add adds added adding update updates updated remove removes removed support supports allow allows
ensure see pr close closes commit issue bug change changes changed please want need
"""
STOPPED_TERMS = frozenset(term for word in _STOPPED.split() for term in terms_of(word))
