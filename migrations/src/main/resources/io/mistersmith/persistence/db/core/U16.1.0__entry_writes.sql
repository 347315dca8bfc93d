DROP TABLE sagas.entry_writes;
