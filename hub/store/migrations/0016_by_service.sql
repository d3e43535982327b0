-- What a service leaves is looked for when it is removed.
CREATE INDEX tokens_by_service ON tokens (service) WHERE service IS NOT NULL;
CREATE INDEX oauth_codes_by_service ON oauth_codes (service) WHERE service IS NOT NULL;
