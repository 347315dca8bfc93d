/** The public API of the agent persistence library, and the SPI that its stores implement. */
module io.mistersmith.persistence.api {
  requires static transitive org.jspecify;

  exports io.mistersmith.persistence;
  exports io.mistersmith.persistence.backup;
  exports io.mistersmith.persistence.config;
  exports io.mistersmith.persistence.conflict;
  exports io.mistersmith.persistence.crdt;
  exports io.mistersmith.persistence.error;
  exports io.mistersmith.persistence.event;
  exports io.mistersmith.persistence.agent;
  exports io.mistersmith.persistence.guard;
  exports io.mistersmith.persistence.checkpoint;
  exports io.mistersmith.persistence.knowledge;
  exports io.mistersmith.persistence.log;
  exports io.mistersmith.persistence.message;
  exports io.mistersmith.persistence.model;
  exports io.mistersmith.persistence.operations;
  exports io.mistersmith.persistence.saga;
  exports io.mistersmith.persistence.security;
  exports io.mistersmith.persistence.session;
  exports io.mistersmith.persistence.stream;
  exports io.mistersmith.persistence.state;
  exports io.mistersmith.persistence.task;
  exports io.mistersmith.persistence.routing;
  exports io.mistersmith.persistence.transaction;
  exports io.mistersmith.persistence.spi;
  exports io.mistersmith.persistence.spi.hot;
  exports io.mistersmith.persistence.spi.sql;

  uses io.mistersmith.persistence.PersistenceProvider;
  uses io.mistersmith.persistence.backup.BackupsProvider;
}
