"""A request -> who is asking: a token in its header, or a cookie of a browser that signed in.

A token is the one credential. A browser that signed in leans on it, by a session that ends with it;
or on an identity provider, which says who somebody is and what they may be here.
"""
