"""Due notifications -> webhooks, mails and messages, each sent until it is taken."""
