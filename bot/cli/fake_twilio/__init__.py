"""A Twilio that runs here: for the demo and for tests. Nothing in it is used to serve patients.

It is a process of its own and speaks HTTP, so that the program meets it as it meets Twilio: texts
and calls are made, listed and fetched, status callbacks come back signed. It writes down what it
accepted before it answers, and it can be told, while it runs, to be busy, broken, slow or deaf.
"""
