DROP FUNCTION enter_provider;
DROP TABLE held_models;
DROP TABLE provider_requests;
