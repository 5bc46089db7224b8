DROP INDEX turns;
