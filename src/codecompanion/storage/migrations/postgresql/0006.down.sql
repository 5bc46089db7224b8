DROP TABLE response_era;
DROP INDEX turns;
