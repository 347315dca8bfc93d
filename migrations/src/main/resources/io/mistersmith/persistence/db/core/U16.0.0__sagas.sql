DROP FUNCTION sagas.has_own_key(sagas.runs);
DROP TABLE sagas.open;
DROP TABLE sagas.log;
DROP TABLE sagas.runs;
DROP SCHEMA sagas;
